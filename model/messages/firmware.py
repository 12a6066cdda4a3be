"""How uploads of diagnostics and updates of the firmware stand: the two notifications of firmware management."""

from enum import StrEnum

from model.messages.message import message


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
