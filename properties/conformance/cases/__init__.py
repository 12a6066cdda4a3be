"""The cases of OCTT, a module for each chapter of its document; ``properties/blocks/`` says whose they are."""
