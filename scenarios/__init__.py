"""The bundled scenarios, as files beside this one."""
