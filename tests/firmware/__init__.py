"""An update of the firmware, from the request to the version that runs."""
