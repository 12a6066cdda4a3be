"""Firmware management: GetDiagnostics and UpdateFirmware, and how uploads and updates stand."""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import CiString255, DateTime, FreeText, Integer


class DiagnosticsStatus(StrEnum):
    """How an upload of diagnostics stands (CS-7.24-01 to -05)."""

    IDLE = "Idle"
    UPLOADED = "Uploaded"
    UPLOAD_FAILED = "UploadFailed"
    UPLOADING = "Uploading"


class FirmwareStatus(StrEnum):
    """How an update of the firmware stands (CS-7.25-01 to -08)."""

    DOWNLOADED = "Downloaded"
    DOWNLOAD_FAILED = "DownloadFailed"
    DOWNLOADING = "Downloading"
    IDLE = "Idle"
    INSTALLATION_FAILED = "InstallationFailed"
    INSTALLING = "Installing"
    INSTALLED = "Installed"


@message
class GetDiagnosticsReq:
    """Upload diagnostics of a period to a directory (CS-6.25-01, CS-8.2-05); a side that is absent is open.

    ``retries`` counts what follows the first attempt; ``retry_interval`` is in seconds. Any integer can be read.
    """

    location: FreeText
    retries: Integer | None = None
    retry_interval: Integer | None = None
    start_time: DateTime | None = None
    stop_time: DateTime | None = None


@message
class GetDiagnosticsConf:
    """The name of the file that will be uploaded; none where there is nothing to upload (CS-6.26-01)."""

    file_name: CiString255 | None = None


@message
class DiagnosticsStatusNotificationReq:
    """How the upload stands (CS-6.17-01)."""

    status: DiagnosticsStatus


@message
class DiagnosticsStatusNotificationConf:
    """The central system has taken note; no fields (CS-6.18-01)."""


@message
class FirmwareStatusNotificationReq:
    """How the update stands (CS-6.19-01)."""

    status: FirmwareStatus


@message
class FirmwareStatusNotificationConf:
    """The central system has taken note; no fields (CS-6.20-01)."""


@message
class UpdateFirmwareReq:
    """Fetch that firmware from that date on, and install it (CS-6.55-01)."""

    location: FreeText
    retrieve_date: DateTime
    retries: Integer | None = None
    retry_interval: Integer | None = None


@message
class UpdateFirmwareConf:
    """The request has arrived; no fields (CS-6.56-01)."""
