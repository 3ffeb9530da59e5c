namespace Hydra.Configuration;

/// <summary>Whether the application's lifespan is run.</summary>
internal enum Lifespan
{
    /// <summary>Run when the application supports it.</summary>
    Auto,

    /// <summary>An application without lifespan does not start.</summary>
    On,

    /// <summary>Not run, whatever the application supports.</summary>
    Off,
}

/// <summary>Whether workers use their native part.</summary>
internal enum SpeedupsUse
{
    /// <summary>Where their Python can load it.</summary>
    Auto,

    /// <summary>A worker whose Python cannot load it does not start.</summary>
    On,

    /// <summary>Everything is done in Python.</summary>
    Off,
}

/// <summary>What the links between the front and its workers are made of.</summary>
internal enum WorkerTransport
{
    /// <summary>Unix sockets.</summary>
    Uds,

    /// <summary>TCP on the loopback interface.</summary>
    Tcp,
}

/// <summary>How the front talks to its clients' sockets.</summary>
internal enum TransportKind
{
    /// <summary>The event loops where the platform has them.</summary>
    Auto,

    /// <summary>Hydra's own event loops (Linux).</summary>
    Loop,

    /// <summary>The sockets of .NET.</summary>
    Sockets,
}

/// <summary>Whether the event loops may use io_uring.</summary>
internal enum IoUringUse
{
    /// <summary>Where the kernel has it and allows it.</summary>
    Auto,

    /// <summary>One system call for each operation.</summary>
    Off,
}

/// <summary>The form of the server's log.</summary>
internal enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>JSON objects, a line each.</summary>
    Json,
}

/// <summary>What becomes of the lines that workers print.</summary>
internal enum WorkerOutput
{
    /// <summary>As raw where the server is started on a terminal with one worker, which then may ask there; else as prefixed.</summary>
    Auto,

    /// <summary>Lines of the server's log, with the worker named.</summary>
    Prefixed,

    /// <summary>Nothing: workers have the server's standard output and error.</summary>
    Raw,

    /// <summary>JSON objects, a line each, on standard error.</summary>
    Json,
}
