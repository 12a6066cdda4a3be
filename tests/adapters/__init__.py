"""The adapters, with the real things behind them."""
