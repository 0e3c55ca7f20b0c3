"""Numbers that learn: networks and heads are trained here, and answer. Nothing here knows where values come from."""
