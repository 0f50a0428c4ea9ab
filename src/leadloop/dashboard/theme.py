"""How the pages look: colours for light and for dark, told apart by the colour-blind too, and what Streamlit is told to do."""

from __future__ import annotations

from typing import Any

UP, DOWN = "#2f6fde", "#d9660a"
"""What raises a score, and what lowers it: blue and orange, which nearly everybody tells apart; the sign says it too."""
SERIES = ("#2f6fde", "#d9660a", "#0a8f7f", "#a05bc4", "#8a7a1d", "#c2456b")
"""Things side by side in one chart; lines differ in their dashes as well."""
RAMP = ("#b9cdf5", "#86abee", "#5286e3", "#2a60c8", "#173f94")
"""From little to much, in one colour that gets darker."""
MUTED = "#7d8aa5"

OPTIONS: dict[str, Any] = {
    # Nothing is told to anybody else, and nothing is loaded from elsewhere.
    "browser.gatherUsageStats": False,
    "client.allowedOrigins": [],
    "client.showErrorLinks": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    # Tables of leads leave by our own export alone, which keeps spreadsheets from running what a lead wrote.
    "client.disableDataExport": True,
    "server.headless": True,
    "server.showEmailPrompt": False,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    # Who may speak to the pages is the gate's to say: Streamlit would ask a service outside for the address of this machine.
    "server.enableCORS": False,
    "server.enableXsrfProtection": False,
    "server.maxUploadSize": 1,
    "runner.magicEnabled": False,
    "logger.level": "warning",
    "logger.hideWelcomeMessage": True,
    "theme.baseRadius": "10px",
    "theme.buttonRadius": "8px",
    "theme.headingFontSizes": ["1.9rem", "1.35rem", "1.1rem", "1rem", "0.95rem", "0.9rem"],
    "theme.headingFontWeights": [700, 650, 650, 600, 600, 600],
    "theme.light.primaryColor": "#1f4fd1",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#eff3fa",
    "theme.light.textColor": "#172033",
    "theme.light.linkColor": "#1f4fd1",
    "theme.light.borderColor": "#d6deec",
    "theme.light.chartCategoricalColors": list(SERIES),
    "theme.light.sidebar.backgroundColor": "#f4f7fc",
    "theme.dark.primaryColor": "#7ea6ff",
    "theme.dark.backgroundColor": "#0f1522",
    "theme.dark.secondaryBackgroundColor": "#192338",
    "theme.dark.textColor": "#e9eef8",
    "theme.dark.linkColor": "#9dbaff",
    "theme.dark.borderColor": "#2c3a56",
    "theme.dark.chartCategoricalColors": list(SERIES),
    "theme.dark.sidebar.backgroundColor": "#131b2b",
}
