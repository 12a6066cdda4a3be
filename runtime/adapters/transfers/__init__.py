"""Files over HTTP, HTTPS, FTP and FTPS, by libcurl, on threads beside the loop."""
