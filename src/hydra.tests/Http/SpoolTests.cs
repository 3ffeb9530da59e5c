using Hydra.Http;
using Hydra.Tests.Functional.Harness;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class SpoolTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly List<string> _log = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Probe_DirectoryThatIsMissing_IsMadePrivate()
    {
        string path = Path.Combine(_directory.Path, "a", "b");

        Assert.Null(NewSpool(path).Probe());
        Assert.Empty(Directory.GetFileSystemEntries(path));
        Assert.True(OperatingSystem.IsWindows() || (int)File.GetUnixFileMode(path) == 448);
    }

    [Fact]
    public void Probe_FirstDirectoryUnusable_TakesTheNext()
    {
        string file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, "");

        Assert.Contains(file, NewSpool(file).Probe()!, StringComparison.Ordinal);
        Assert.Null(NewSpool(file, _directory.Path).Probe());
    }

    [Fact]
    public void Failure_Repeated_IsReportedOnceAMinuteAndWhenItEnds()
    {
        Spool spool = NewSpool(_directory.Path);
        spool.OnWorks();
        Assert.Empty(_log);

        spool.OnFailed("first");
        spool.OnFailed("second");
        Assert.Single(_log);
        _time.Advance(TimeSpan.FromSeconds(61));
        spool.OnFailed("third");
        spool.OnFailed("fourth");
        spool.OnFailed("fifth");
        Assert.Equal(2, _log.Count);

        spool.OnWorks();
        spool.OnWorks();
        Assert.Equal(3, _log.Count);
        Assert.Contains("again; 2 more", _log[2], StringComparison.Ordinal);
        spool.OnFailed("sixth");
        Assert.Contains("sixth", _log[3], StringComparison.Ordinal);
    }

    private Spool NewSpool(params string[] directories) => new(directories, 1_000_000, _time, new ListLogger(_log));

    private sealed class ManualTime : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _now += time.Ticks;

        public override long GetTimestamp() => _now;
    }

    private sealed class ListLogger(List<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => lines.Add(formatter(state, exception));
    }
}
