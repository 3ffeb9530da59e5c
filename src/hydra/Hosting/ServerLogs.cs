using Hydra.Configuration;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>All that the server writes: its log on standard error, the access log on standard output, or in files, or to syslog.</summary>
internal sealed class ServerLogs : IDisposable
{
    private readonly ServerLog _server;
    private readonly bool _asJson;
    private readonly List<LogFile> _files = [];
    private readonly LogFile? _accessFile;

    /// <summary>Opens the streams; the access log only where it is asked for.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="directory">Where relative paths begin.</param>
    /// <exception cref="StartException">A file cannot be opened.</exception>
    public ServerLogs(LogOptions options, string? directory = null)
    {
        UsesColors = options.File is null && options.Syslog is null && StandardStreams.UseErrorColors(options.UseColors);
        _asJson = options.WorkerOutput is WorkerOutput.Json || options.IsJson;
        Stream stream = Open(options, directory);
        var shape = new LogShape
        {
            UseColors = UsesColors && !options.IsJson,
            AsJson = options.IsJson,
            HasPriorities = options.Syslog is not null || (options.File is null && JournalStream.IsError(Environment.GetEnvironmentVariable("JOURNAL_STREAM"))),
            HasTime = options.Syslog is null,
        };
        IsForReaders = options.File is null && options.Syslog is null && !options.IsJson && StandardStreams.IsErrorTerminal;
        _server = new ServerLog(stream, options.Level, shape);
        Loggers = LoggingSetup.CreateFactory(_server);
        if (options.Access)
        {
            _accessFile = options.AccessFile is { } path ? OpenFile(path, directory) : null;
            Access = new AccessLog(
                _accessFile ?? StandardStreams.OpenOutput(), Loggers.CreateLogger("hydra.access"), options.AccessFormat, options.AccessSkips,
                options: options.AccessFormat.IsShort ? OutputPumpOptions.Immediate : null)
            {
                UsesColors = _accessFile is null && UsesColors && StandardStreams.IsOutputTerminal,
            };
        }

        ILogger logger = Loggers.CreateLogger("hydra");
        foreach (LogFile file in _files)
        {
            file.Trouble = reason => Complain(logger, file, reason);
        }
    }

    /// <summary>Makes loggers, for Kestrel too.</summary>
    public ILoggerFactory Loggers { get; }

    /// <summary>The access log, or null when it is off.</summary>
    public AccessLog? Access { get; }

    /// <summary>Whether the log is in colours.</summary>
    public bool UsesColors { get; }

    /// <summary>Whether the log is text on a terminal.</summary>
    public bool IsForReaders { get; }

    /// <summary>The least severe level that is logged. It may change at any time.</summary>
    public LogLevel Level
    {
        get => _server.Minimum;
        set => _server.Minimum = value;
    }

    /// <summary>The last errors of the server's log.</summary>
    public RecentErrors Recent => _server.Recent;

    /// <summary>For what there is to say about one application.</summary>
    /// <param name="label">What tells it from others; empty where there are none.</param>
    public ILogger LoggerOf(string label) => Loggers.CreateLogger(label.Length > 0 ? $"hydra {label}" : "hydra");

    /// <summary>Takes what the workers of one application log and print.</summary>
    /// <param name="label">What tells it from others; empty where there are none.</param>
    public WorkerLogSink WorkersOf(string label) => new(new WorkerLog(_server, _asJson, label));

    /// <summary>Writes text as it is, such as the banner or a traceback.</summary>
    public void WriteText(string text)
    {
        if (text.Length > 0 && _server.IsJson)
        {
            _server.WriteJson(LogLevel.Error, "hydra.error", "the application cannot be loaded", text);
        }
        else
        {
            _server.WriteRaw(text);
        }
    }

    /// <summary>Opens the files again, where somebody has moved them away. Any thread.</summary>
    public void Reopen()
    {
        ILogger logger = Loggers.CreateLogger("hydra");
        foreach (LogFile file in _files)
        {
            if (file.Reopen() is { } reason)
            {
                DiagnosticsLog.NotReopened(logger, file.Path, reason);
            }
        }
    }

    /// <summary>Writes what is still on its way to the streams, and closes them.</summary>
    public void Dispose()
    {
        Loggers.Dispose();
        Access?.Dispose();
        _server.Dispose();
    }

    private Stream Open(LogOptions options, string? directory)
    {
        if (options.Syslog is { } address)
        {
            return new SyslogStream(address, options.SyslogFacility, options.SyslogTag)
            {
                Trouble = static reason => SayOnError($"syslog takes {(reason is null ? "messages again" : $"no messages, which are lost until it does: {reason}")}"),
            };
        }

        return options.File is { } path ? OpenFile(path, directory) : StandardStreams.OpenError();
    }

    private LogFile OpenFile(string path, string? directory)
    {
        try
        {
            var file = new LogFile(Path.GetFullPath(Path.Combine(directory ?? "", path)));
            _files.Add(file);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the log file {path} cannot be opened: {e.Message}");
        }
    }

    // Of the access log, in the other; of that itself there is no other place than standard error.
    private void Complain(ILogger logger, LogFile file, string? reason)
    {
        if (file == _accessFile && reason is not null)
        {
            DiagnosticsLog.FileFailed(logger, file.Path, reason);
        }
        else if (reason is null)
        {
            DiagnosticsLog.FileWorksAgain(logger, file.Path);
        }
        else
        {
            SayOnError($"{file.Path} takes no lines, which are lost until it does: {reason}");
        }
    }

    private static void SayOnError(string sentence)
    {
        using Stream error = StandardStreams.OpenError();
        error.Write(System.Text.Encoding.UTF8.GetBytes($"hydra: {sentence}\n"));
    }
}
