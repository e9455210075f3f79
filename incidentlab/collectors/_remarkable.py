"""The strings that make a line of a large log worth reading whatever the causes look for.

They find the surroundings in which a cause stands: that a program failed at all, how it ended, that it serves. Nothing
here decides anything; a string too many costs a little time, one too few a line that nobody sees.
"""

# A traceback is one event, and its innermost exception may be of any name.
_TRACEBACKS = ("Traceback (most recent call last)", "Caused by: ", "stack backtrace:", "goroutine 1 [running]")

# How exceptions are printed: "SomeError: …" (Python, JavaScript), "SomeException: …" (Java), "Error [CODE]" (Node).
_EXCEPTIONS = (
    "Error: ", "Error [", "Exception: ", "Exception in ", "Unhandled ", "unhandled ", "npm ERR!", "npm error ",
)  # fmt: skip

# Levels as logging, uvicorn, gunicorn, PostgreSQL, Go and Rust write them.
_LEVELS = (
    " ERROR", "ERROR:", "[ERROR", "|ERROR", "FATAL", "CRITICAL", "PANIC", "panic: ", "fatal: ", "fatal error",
    "error: ", "Fatal ", "EMERG",
)  # fmt: skip

# Levels as fields: structlog, python-json-logger, zap, Google's severity; pino counts 50 for error and 60 for fatal.
_FIELDS = (
    *(
        f'"{name}":{space}"{word}"'
        for name in ("level", "severity", "levelname", "log.level")
        for space in ("", " ")
        for word in ("error", "ERROR", "fatal", "critical")
    ),
    '"level":50', '"level":60', "level=error", "level=fatal", "level=critical", "level=panic", "lvl=eror",
)  # fmt: skip

# PostgreSQL's levels in its other languages; its message catalogues (postgres-*.po: "ERROR", "FATAL", "PANIC").
_FOREIGN_LEVELS = (
    "ERREUR: ", "ERRORE: ", "FEHLER: ", "FEL: ", "ОШИБКА: ", "ПОМИЛКА: ", "შეცდომა: ", "错误: ", "오류: ",
    "FATALE: ", "FATALT: ", "ВАЖНО: ", "ФАТАЛЬНО: ", "ფატალური: ", "致命错误: ", "치명적오류: ",
    "PANICO: ", "PANIK: ", "ПАНИКА: ", "ПАНІКА: ", "პანიკა: ", "比致命错误还过分的错误: ", "손상: ",
)  # fmt: skip

# How programs end: compose, Docker, Kubernetes, gunicorn, make, GitHub Actions, the kernel.
_ENDINGS = (
    "exited with code", "exited with status", "exit code", "exit status", "exit_code", "Exited (", "exitCode",
    "Worker failed to boot", "Application startup failed", "Back-off restarting", "back-off restarting",
    "CrashLoopBackOff", "OOMKilled", "oom-kill", "Out of memory", "Killed process", "SIGKILL", "signal 9",
    "Segmentation fault", "core dumped", "was terminated by signal", "unhealthy", "Restarting (", "ImagePullBackOff",
    "ErrImagePull", "FAILED TO START", "failed to start: container", "app crashed",
    "to crashed", "Exited with status",
)  # fmt: skip

# A request that failed: access logs of uvicorn, gunicorn and nginx, and fields.
_FAILED_REQUESTS = ('" 500 ', '" 502 ', '" 503 ', '" 504 ', '"status":500', '"status": 500', "status=500", "status=503")

GENERIC = (*_TRACEBACKS, *_EXCEPTIONS, *_LEVELS, *_FIELDS, *_FOREIGN_LEVELS, *_ENDINGS, *_FAILED_REQUESTS)

# After something went wrong: the first lines which say that a program serves, answers, or has got its schema.
SERVICE = (
    '" 200', '" 201', '" 204', '" 301', '" 302', '" 304', "HTTP/1.1 200", "HTTP/1.0 200", "HTTP/2 200",
    '"status":200', '"status": 200', '"status":201', '"status": 201', '"status":204', '"status": 204',
    "status=200", "status=201", "status=204", "status: 200", '"http_status":200', '"http_status": 200',
    "http_status=200", '"status_code":200', '"status_code": 200', "status_code=200", "statusCode=200",
    '"statusCode":200',
    ", 200 OK in ", "Listen: http",
    "Uvicorn running on", "Application startup complete", "Listening at", "Listening on", "listening on",
    "listening at", "Starting development server at", "Running on http", "erver started", "erver running",
    "erver is running", "erver ready", "erver is ready", "erver listening", "erver is listening", "ervice started",
    "ervice is ready", "ervice is running", "started server", "Started server process", "Booting worker",
    "Tomcat started", "Started Application", "celery@", "ready to accept connections",
    "ready to accept read", "Running upgrade ", "Completed 200", "onnected to the database",
)  # fmt: skip
