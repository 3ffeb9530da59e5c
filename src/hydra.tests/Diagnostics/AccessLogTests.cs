using System.Text;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class AccessLogTests
{
    private readonly MemoryStream _stream = new();

    [Fact]
    public void Write_Request_IsOneLine()
        => Assert.Equal(
            "2026-11-24 01:44:54.123 +0100 127.0.0.1:51234 - \"GET /path?x=1 HTTP/1.1\" 200 1234 0.8ms\n",
            Logged(log => log.Write(Entry("127.0.0.1:51234", "/path?x=1", 200, 1234, TimeSpan.FromMicroseconds(812)))));

    [Theory]
    [InlineData("/a\" 200 \"x", "/a\\x22\\x20200\\x20\\x22x")]
    [InlineData("/a\r\nb", "/a\\r\\nb")]
    [InlineData("/a\\\e[2Jb", "/a\\x5c\\x1b[2Jb")]
    public void Write_Target_CannotForgeAField(string target, string expected)
        => Assert.Contains(
            $"\"GET {expected} HTTP/1.1\" 404 0 ", Logged(log => log.Write(Entry("client", target, 404, 0, TimeSpan.Zero))), StringComparison.Ordinal);

    [Fact]
    public void Write_HugeTarget_IsCut()
        => Assert.Contains(
            new string('x', 8192) + "… HTTP/1.1\"",
            Logged(log => log.Write(Entry("client", new string('x', 10_000), 414, 0, TimeSpan.Zero))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "0.0ms")]
    [InlineData(49, "0.0ms")]
    [InlineData(50, "0.1ms")]
    [InlineData(1_234_567, "1234.6ms")]
    public void Write_Time_HasTenthsOfMilliseconds(int microseconds, string expected)
        => Assert.EndsWith(
            $" {expected}\n", Logged(log => log.Write(Entry("client", "/", 200, 0, TimeSpan.FromMicroseconds(microseconds)))), StringComparison.Ordinal);

    [Fact]
    public void Write_NoStatus_IsADash()
        => Assert.Contains("\" - 0 ", Logged(log => log.Write(Entry("client", "/", 0, 0, TimeSpan.Zero))), StringComparison.Ordinal);

    [Fact]
    public void Write_Many_AllocatesNothing()
    {
        using var log = new AccessLog(Stream.Null, NullLogger.Instance, AccessFormat.Combined, [], FixedTime.Default);
        log.Write(Entry("127.0.0.1:1", "/", 200, 0, TimeSpan.Zero));

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            log.Write(Entry("127.0.0.1:1", "/", 200, 0, TimeSpan.Zero));
        }

        // The queue's two buffers may grow a few times.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Fact]
    public void Write_QueueFull_IsReportedToTheServerLog()
    {
        var serverStream = new MemoryStream();
        var stream = new BlockableStream();
        using (var server = new ServerLog(serverStream, LogLevel.Trace, new LogShape(), FixedTime.Default))
        using (var log = new AccessLog(
            stream, new ServerLoggerProvider(server).CreateLogger("Hydra"), AccessFormat.Timed, [], FixedTime.Default, new OutputPumpOptions(100, TimeSpan.Zero, 0)))
        {
            stream.Block();
            log.Write(Entry("client", "/", 200, 0, TimeSpan.Zero));
            stream.Entered.Wait();
            log.Write(Entry("client", "/", 200, 0, TimeSpan.Zero));
            log.Write(Entry("client", "/", 200, 0, TimeSpan.Zero));
            stream.Unblock();
        }

        Assert.Contains("1 lines of the access log were lost", Encoding.UTF8.GetString(serverStream.ToArray()), StringComparison.Ordinal);
    }

    private static AccessEntry Entry(string client, string target, int status, long bytes, TimeSpan elapsed)
        => new() { Client = client, Method = "GET", Target = target, Protocol = "HTTP/1.1", Status = status, Bytes = bytes, Elapsed = elapsed };

    private string Logged(Action<AccessLog> action)
    {
        using (var log = new AccessLog(_stream, NullLogger.Instance, AccessFormat.Timed, [], FixedTime.Default))
        {
            action(log);
        }

        return Encoding.UTF8.GetString(_stream.ToArray());
    }
}
