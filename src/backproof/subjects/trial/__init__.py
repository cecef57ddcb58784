"""Understanding code of unknown shape by trying it: names, layouts, parameters by their effect, implied losses."""
