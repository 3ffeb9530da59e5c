using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public class RecentErrorsTests
{
    private readonly RecentErrors _errors = new();

    [Fact]
    public void Add_Levels_KeepsErrorsAlone()
    {
        _errors.Add(LogLevel.Warning, default, "", "a warning");
        _errors.Add(LogLevel.Error, default, "worker 1 | ", "an error\nwith a traceback");
        _errors.Add(LogLevel.Critical, default, "", "the end");

        Assert.Equal(["worker 1 | an error", "the end"], _errors.Read().Select(static error => error.Message));
        Assert.Equal(2, _errors.Count);
    }

    [Fact]
    public void Add_MoreThanAreKept_ForgetsTheOldestAndCountsAll()
    {
        for (int i = 0; i < 25; i++)
        {
            _errors.Add(LogLevel.Error, default, "", $"{i} {new string('x', 500)}");
        }

        Assert.Equal(25, _errors.Count);
        Assert.Equal(RecentErrors.Most, _errors.Read().Count);
        Assert.StartsWith("15 xxx", _errors.Read()[0].Message, StringComparison.Ordinal);
        Assert.All(_errors.Read(), static error => Assert.EndsWith("x…", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Minimum_Changed_HoldsForLoggersThatAreThere()
    {
        using var stream = new MemoryStream();
        using (var log = new ServerLog(stream, LogLevel.Information, new LogShape(), FixedTime.Default))
        using (ILoggerFactory loggers = LoggingSetup.CreateFactory(log))
        {
            ILogger logger = loggers.CreateLogger("hydra");
            ILogger kestrel = loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
            logger.LogDebug("before");
            log.Minimum = LogLevel.Debug;
            logger.LogDebug("between");
            kestrel.LogDebug("of kestrel");
            log.Minimum = LogLevel.Error;
            logger.LogWarning("after");
            logger.LogError("an error");
            Assert.Equal("an error", Assert.Single(log.Recent.Read()).Message[^8..]);
        }

        string text = System.Text.Encoding.UTF8.GetString(stream.ToArray());
        Assert.DoesNotContain("before", text, StringComparison.Ordinal);
        Assert.Contains("between", text, StringComparison.Ordinal);
        Assert.Contains("of kestrel", text, StringComparison.Ordinal);
        Assert.DoesNotContain("after", text, StringComparison.Ordinal);
    }
}
