using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hydra.Hosting;

/// <summary>
/// Tells systemd how the service is, by the protocol of sd_notify(3): one datagram for each message. Without NOTIFY_SOCKET it does
/// nothing, and a message that cannot be sent is no reason not to serve. Any thread.
/// </summary>
/// <param name="address">The path of the socket, or @ and its abstract name; null where there is none.</param>
internal sealed class ServiceNotifier(string? address)
{
    /// <summary>All workers are ready, and this process is the service.</summary>
    public void Ready() => Send($"READY=1\nMAINPID={Environment.ProcessId}");

    /// <summary>The configuration, here the workers' code, is being loaded again; <see cref="Ready"/> ends that.</summary>
    /// <param name="now">The monotonic clock.</param>
    public void Reloading(TimeSpan now)
        => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={now.Ticks / TimeSpan.TicksPerMicrosecond}"));

    /// <summary>The service is well.</summary>
    public void Alive() => Send("WATCHDOG=1");

    /// <summary>The server cannot start: systemctl status shows why.</summary>
    /// <param name="reason">A sentence, of one line or several.</param>
    public void Failed(string reason) => Send($"STATUS={string.Join(' ', reason.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}");

    /// <summary>The server is told to stop.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <summary>Another process is the server from now on.</summary>
    public void Succeeded(int process) => Send(string.Create(CultureInfo.InvariantCulture, $"MAINPID={process}"));

    private void Send(string message)
    {
        if (address is null || (address[0] is not ('/' or '@')))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            var target = new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address);
            socket.SendTo(Encoding.UTF8.GetBytes(message), target);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Whoever listens there has gone.
        }
    }
}
