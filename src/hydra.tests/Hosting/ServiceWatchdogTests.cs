using System.Net.Sockets;
using Hydra.Hosting;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>WATCHDOG_USEC of systemd.</summary>
public sealed class ServiceWatchdogTests
{
    [Theory]
    [InlineData("30000000", "7", false, 30.0)]
    [InlineData("30000000", null, false, 30.0)]
    [InlineData("30000000", "8", false, null)]
    [InlineData("30000000", "8", true, 30.0)]
    [InlineData(null, null, false, null)]
    [InlineData("", "7", false, null)]
    [InlineData("0", "7", false, null)]
    [InlineData("-1", "7", false, null)]
    [InlineData("9223372036854775807", "7", false, null)]
    public void Interval_OfTheVariables_IsForThisProcessAlone(string? microseconds, string? pid, bool takesOver, double? seconds)
        => Assert.Equal(seconds, ServiceWatchdog.Interval(microseconds, pid, process: 7, takesOver)?.TotalSeconds);

    [PosixFact]
    public void Timer_OnlyWhileAllIsWell_Tells()
    {
        using var directory = new TemporaryDirectory();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        listener.Bind(new UnixDomainSocketEndPoint(directory.At("notify")));
        var time = new FiringTime();
        bool isWell = true;
        using var watchdog = new ServiceWatchdog(new ServiceNotifier(directory.At("notify")), TimeSpan.FromSeconds(10), () => isWell, time);
        Assert.Equal(TimeSpan.FromSeconds(5), time.Period);
        time.Fire!(null);
        Assert.Equal("WATCHDOG=1".Length, listener.Receive(new byte[64]));

        isWell = false;
        time.Fire(null);
        Assert.Equal(SocketError.WouldBlock, Assert.Throws<SocketException>(() => listener.Receive(new byte[64])).SocketErrorCode);
    }

    private sealed class FiringTime : TimeProvider
    {
        public TimerCallback? Fire { get; private set; }

        public TimeSpan Period { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (Fire, Period) = (callback, period);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
