"""Every method on several settings, each against `naive`: who enters, how they stand, and the page."""
