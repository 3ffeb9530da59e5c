using System.Text;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class ServerLogTests
{
    private static readonly DateTimeOffset Created = new(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private readonly MemoryStream _stream = new();

    [Theory]
    [InlineData(LogLevel.Trace, "[TRACE] text")]
    [InlineData(LogLevel.Debug, "[DEBUG] text")]
    [InlineData(LogLevel.Information, " [INFO] text")]
    [InlineData(LogLevel.Warning, " [WARN] text")]
    [InlineData(LogLevel.Error, "[ERROR] text")]
    [InlineData(LogLevel.Critical, " [CRIT] text")]
    public void Log_Level_IsAligned(LogLevel level, string expected)
        => Assert.Equal($"2026-11-24 01:44:54.123 +0100 {expected}\n", Logged(log => Logger(log).Log(level, "text")));

    [Fact]
    public void Log_BelowTheMinimum_IsNotWritten()
        => Assert.Equal("", Logged(log => Logger(log).LogDebug("text"), minimum: LogLevel.Information));

    [Fact]
    public void Log_LevelNone_IsNotEnabled()
    {
        using var log = new ServerLog(_stream, LogLevel.Trace, new LogShape());

        Assert.False(log.IsEnabled(LogLevel.None));
    }

    [Fact]
    public void Log_WithColors_ColorsTimeAndLevel()
        => Assert.Equal(
            "\e[2m2026-11-24 01:44:54.123 +0100\e[0m \e[31m[ERROR]\e[0m text\n", Logged(log => Logger(log).LogError("text"), useColors: true));

    [Fact]
    public void Log_ClientText_CannotForgeALine()
        => Assert.Equal(
            "2026-11-24 01:44:54.123 +0100 [ERROR] GET /a\\n2026-01-01 [INFO] fine\\x1b[2J\n",
            Logged(log => Logger(log).LogError("GET {Path}", "/a\n2026-01-01 [INFO] fine\e[2J")));

    [Fact]
    public void Log_Exception_FollowsInLinesOfItsOwn()
    {
        string text = Logged(log => Logger(log).LogError(new InvalidOperationException("bad\e[31m\nworse"), "text"));

        Assert.Equal("2026-11-24 01:44:54.123 +0100 [ERROR] text\nSystem.InvalidOperationException: bad\\x1b[31m\nworse\n", text);
    }

    [Theory]
    [InlineData("Hydra.Http.Forwarder", "")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Connections", "kestrel: ")]
    [InlineData("Microsoft.Extensions.Hosting", "Microsoft.Extensions.Hosting: ")]
    public void Log_Category_IsNamedWhenItIsNotOurs(string category, string expected)
        => Assert.Equal($"2026-11-24 01:44:54.123 +0100  [INFO] {expected}text\n", Logged(log => Logger(log, category).LogInformation("text")));

    [Fact]
    public void Log_HugeMessage_IsCut()
    {
        string text = Logged(log => Logger(log).LogInformation("{Text}", new string('x', 1 << 20)));

        Assert.EndsWith("x … (917504 characters more)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Worker_IsNamedWithItsOwnTime()
        => Assert.Equal(
            "2026-01-02 04:04:05.006 +0100  [WARN] worker 3 (pid 123) | app.views: text\n",
            Logged(log => new WorkerLog(log).Write(LogLevel.Warning, Created, 3, 123, "app.views", "text")));

    [Theory]
    [InlineData("")]
    [InlineData("root")]
    public void Write_WorkerWithoutLogger_HasTextAlone(string logger)
        => Assert.Equal(
            "2026-01-02 04:04:05.006 +0100  [INFO] worker 0 (pid 1) | text\n",
            Logged(log => new WorkerLog(log).Write(LogLevel.Information, Created, 0, 1, logger, "text\n")));

    [Fact]
    public void Write_WorkerTraceback_KeepsItsLines()
        => Assert.Equal(
            "2026-01-02 04:04:05.006 +0100 [ERROR] worker 0 (pid 1) | Traceback:\n  File \"x\"\n\tValueError: \\x1b]0;\\x07\n",
            Logged(log => new WorkerLog(log).Write(
                LogLevel.Error, Created, 0, 1, ""u8, "Traceback:\r\n  File \"x\"\n\tValueError: \e]0;\a\r\n"u8)));

    [Fact]
    public void Write_InvalidUtf8_IsReplaced()
        => Assert.Equal(
            "2026-01-02 04:04:05.006 +0100  [INFO] worker 0 (pid 1) | a\ufffdb\n",
            Logged(log => new WorkerLog(log).Write(LogLevel.Information, Created, 0, 1, ""u8, [(byte)'a', 0xff, (byte)'b'])));

    [Fact]
    public void WriteLine_WhateverTheLevel_IsWritten()
        => Assert.Equal(
            "2026-11-24 01:44:54.123 +0100  [INFO] worker 0 (pid 1) | stderr: [ERROR] it broke\n",
            Logged(log => new WorkerLog(log).WriteLine(0, 1, isError: true, "[ERROR] it broke"), minimum: LogLevel.Critical));

    [Fact]
    public void WriteLine_AMegabyte_IsOneLine()
    {
        string line = new('x', 1 << 20);

        Assert.EndsWith($"stdout: {line}\n", Logged(log => new WorkerLog(log).WriteLine(0, 1, isError: false, line)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain", "plain", "plain")]
    [InlineData("\e[31mred\e[0m on", "\e[31mred\e[0m on\e[0m", "red on")]
    [InlineData("\e[1;38;2;1;2;3mleft on", "\e[1;38;2;1;2;3mleft on\e[0m", "left on")]
    [InlineData("\e[mx", "\e[mx\e[0m", "x")]
    [InlineData("\e[2J\e[3", "\\x1b[2J\\x1b[3", "\\x1b[2J\\x1b[3")]
    [InlineData("\e]0;title\a\e\e[32mgreen", "\\x1b]0;title\\x07\\x1b\e[32mgreen\e[0m", "\\x1b]0;title\\x07\\x1bgreen")]
    public void WriteLine_Colors_AreKeptOnATerminalAndNothingElseIs(string line, string colored, string plain)
    {
        Assert.EndsWith($"stdout: {plain}\n", Logged(log => new WorkerLog(log).WriteLine(0, 1, isError: false, line)), StringComparison.Ordinal);
        _stream.SetLength(0);
        Assert.EndsWith(
            $"stdout: {colored}\n", Logged(log => new WorkerLog(log).WriteLine(0, 1, isError: false, line), useColors: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_WorkerBelowTheMinimum_IsNotWritten()
        => Assert.Equal("", Logged(log => new WorkerLog(log).Write(LogLevel.Debug, Created, 0, 1, "", "text"), minimum: LogLevel.Information));

    [Fact]
    public void WriteRaw_Text_IsWrittenAsItIs() => Assert.Equal("\e[1mHydra\n", Logged(log => log.WriteRaw("\e[1mHydra\n")));

    [Fact]
    public void Write_QueueFull_SaysHowManyWereLost()
    {
        var stream = new BlockableStream();
        using (var log = new ServerLog(stream, LogLevel.Trace, new LogShape(), FixedTime.Default, new OutputPumpOptions(64, TimeSpan.Zero, 0)))
        {
            stream.Block();
            Logger(log).LogInformation("first");
            stream.Entered.Wait();
            Logger(log).LogInformation("second");
            Logger(log).LogInformation("third");
            stream.Unblock();
        }

        Assert.Equal(
            "2026-11-24 01:44:54.123 +0100  [INFO] first\n2026-11-24 01:44:54.123 +0100  [INFO] second\n"
                + "2026-11-24 01:44:54.123 +0100  [WARN] 1 log record was lost because the output did not keep up\n",
            stream.Text);
    }

    [Fact]
    public void Factory_LogsOfTheHost_AreFiltered()
        => Assert.Equal(
            "2026-11-24 01:44:54.123 +0100  [INFO] ours\n2026-11-24 01:44:54.123 +0100  [WARN] kestrel: theirs\n",
            Logged(log =>
            {
                using ILoggerFactory factory = LoggingSetup.CreateFactory(log);
                factory.CreateLogger("Hydra.X").LogInformation("ours");
                factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").LogInformation("too much");
                factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").LogWarning("theirs");
            }, minimum: LogLevel.Information));

    private static ILogger Logger(ServerLog log, string category = "Hydra.Test") => new ServerLoggerProvider(log).CreateLogger(category);

    private string Logged(Action<ServerLog> action, LogLevel minimum = LogLevel.Trace, bool useColors = false)
    {
        using (var log = new ServerLog(_stream, minimum, new LogShape { UseColors = useColors }, FixedTime.Default))
        {
            action(log);
        }

        return Encoding.UTF8.GetString(_stream.ToArray());
    }
}
