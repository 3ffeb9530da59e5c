using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Diagnostics;

/// <summary>The log on its way to syslog: <see cref="SyslogAddress"/>, <see cref="SyslogStream"/> and <see cref="Priorities"/>.</summary>
public sealed class SyslogTests
{
    [Theory]
    [InlineData("udp://logs:601", "", "logs", 601, false)]
    [InlineData("udp://[::1]:601", "", "::1", 601, false)]
    [InlineData("tcp://logs", "", "logs", 514, true)]
    [InlineData("udp://", "", "localhost", 514, false)]
    [InlineData("unix:///dev/log", "/dev/log", "", 0, false)]
    [InlineData("unix:/dev/log#stream", "/dev/log", "", 0, true)]
    [InlineData("unix:///dev/log#dgram", "/dev/log", "", 0, false)]
    public void TryRead_Address_IsTaken(string text, string path, string host, int port, bool isStream)
    {
        Assert.Null(SyslogAddress.TryRead(text, out SyslogAddress address));

        Assert.Equal(new SyslogAddress(path, host, port, isStream), address);
    }

    [Theory]
    [InlineData("logs:514")]
    [InlineData("udp://logs:0")]
    [InlineData("udp://logs:x")]
    [InlineData("unix:")]
    [InlineData("unix:/a#b")]
    public void TryRead_WrongAddress_IsSaid(string text) => Assert.NotNull(SyslogAddress.TryRead(text, out _));

    [Fact]
    public async Task Log_Records_AreMessagesWithTheirPriorities()
    {
        using var daemon = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        daemon.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.Null(SyslogAddress.TryRead($"udp://127.0.0.1:{((IPEndPoint)daemon.LocalEndPoint!).Port}", out SyslogAddress address));
        using (var log = new ServerLog(new SyslogStream(address, 16, "shop"), LogLevel.Trace, new LogShape { HasPriorities = true, HasTime = false }, FixedTime.Default))
        {
            log.Write(LogLevel.Error, log.Now, "", "first\nsecond", allowLines: true);
        }

        Assert.Matches($@"^<131>\w{{3}} [ \d]\d \d\d:\d\d:\d\d \S+ shop\[{Environment.ProcessId}\]: \[ERROR\] first$", await ReceiveAsync(daemon));
        Assert.Matches("^<131>.*: second$", await ReceiveAsync(daemon));
    }

    [Fact]
    public void Write_NoDaemon_IsSaidOnce()
    {
        List<string?> said = [];
        using var stream = new SyslogStream(new SyslogAddress("/nowhere/log", "", 0, false), 1, "hydra") { Trouble = said.Add };

        Assert.Throws<IOException>(() => stream.Write("<3>text\n"u8));
        Assert.Throws<IOException>(() => stream.Write("<3>text\n"u8));
        Assert.NotNull(Assert.Single(said));
    }

    [Theory]
    [InlineData(LogLevel.Critical, 2)]
    [InlineData(LogLevel.Error, 3)]
    [InlineData(LogLevel.Warning, 4)]
    [InlineData(LogLevel.Information, 6)]
    [InlineData(LogLevel.Trace, 7)]
    public void Prefix_Lines_EachHasThePriority(LogLevel level, int number)
        => Assert.Equal($"<{number}>a\n<{number}>b\n", Encoding.UTF8.GetString(Priorities.Prefix(level, "a\nb\n"u8)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("8:1")]
    public void JournalStream_OfAnotherProcess_IsNotOurs(string? variable) => Assert.False(JournalStream.IsError(variable));

    private static async Task<string> ReceiveAsync(Socket daemon)
    {
        byte[] buffer = new byte[9000];
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return Encoding.UTF8.GetString(buffer, 0, await daemon.ReceiveAsync(buffer, soon.Token));
    }
}
