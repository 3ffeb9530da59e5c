using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hydra.Primitives;

namespace Hydra.Redis;

/// <summary>Connects to a server, says who asks, and looks whether it is one that can be used. Blocks: not for a thread that others need.</summary>
/// <param name="url">Where it is.</param>
/// <param name="name">What the connection is called there.</param>
internal sealed class RedisDialer(RedisUrl url, string name)
{
    private const int MicrosecondsPerMillisecond = 1000;

    /// <summary>Connects to the first of the hosts that is no replica.</summary>
    /// <param name="subscribes">Whether the connection is for messages alone.</param>
    /// <param name="first">The host to begin with: its number.</param>
    /// <returns>The connection, which host it is, and what it says of itself.</returns>
    /// <exception cref="RedisException">None of them can be used.</exception>
    public (RedisConnection Connection, int Host, RedisInfo Info) Dial(bool subscribes, int first)
    {
        int count = Math.Max(url.Hosts.Count, 1);
        RedisException? problem = null;
        for (int i = 0; i < count; i++)
        {
            int host = (first + i) % count;
            RedisConnection? connection = null;
            try
            {
                connection = Connect(host);
                RedisInfo info = Introduce(connection, subscribes);
                return (connection, host, info);
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or AuthenticationException or CryptographicException or OperationCanceledException or RedisException)
            {
                connection?.Dispose();
                var found = e as RedisException ?? new RedisException(Describe(e), e is AuthenticationException or CryptographicException);
                if (problem is null || (problem is { IsFinal: false } && found.IsFinal))
                {
                    problem = count > 1 ? new RedisException($"{url.Hosts[host]}: {found.Message}", found.IsFinal && count == 1) : found;
                }
            }
        }

        throw problem!;
    }

    private static string Describe(Exception e) => e is OperationCanceledException ? "it does not answer" : e.Message.TrimEnd('.');

    private RedisConnection Connect(int host)
    {
        int limit = (int)url.Timeout.TotalMilliseconds;
        if (url.Path is { } path)
        {
            var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            return Connect(local, new UnixDomainSocketEndPoint(path), limit, null);
        }

        RedisHost place = url.Hosts[host];
        SocketException? problem = null;
        foreach (IPAddress address in Dns.GetHostAddresses(place.Name))
        {
            try
            {
                return Connect(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(address, place.Port), limit, url.IsSecure ? place.Name : null);
            }
            catch (SocketException e)
            {
                problem = e;
            }
        }

        throw problem ?? new SocketException((int)SocketError.HostNotFound);
    }

    // A socket that was never used asynchronously: an event loop is to have it.
    private RedisConnection Connect(Socket socket, EndPoint to, int limit, string? secureName)
    {
        try
        {
            if (secureName is not null)
            {
                using var cancel = new CancellationTokenSource(limit);
                socket.ConnectAsync(to, cancel.Token).AsTask().GetAwaiter().GetResult();
                var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
                stream.AuthenticateAsClientAsync(Secure(secureName), cancel.Token).GetAwaiter().GetResult();
                socket.SendTimeout = socket.ReceiveTimeout = limit;
                return new RedisConnection(socket, stream);
            }

            socket.Blocking = false;
            try
            {
                socket.Connect(to);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!socket.Poll(limit * MicrosecondsPerMillisecond, SelectMode.SelectWrite))
                {
                    throw new SocketException((int)SocketError.TimedOut);
                }

                if (socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0)
                {
                    throw new SocketException(error);
                }
            }

            socket.Blocking = true;
            socket.SendTimeout = socket.ReceiveTimeout = limit;
            return new RedisConnection(socket, null);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private SslClientAuthenticationOptions Secure(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (url.Authorities is { } file)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            try
            {
                policy.CustomTrustStore.ImportFromPemFile(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw new RedisException($"the certificates of ?ca= cannot be read: {e.Message.TrimEnd('.')}", isFinal: true);
            }

            if (policy.CustomTrustStore.Count == 0)
            {
                throw new RedisException($"the file of ?ca= has no certificates: {file}", isFinal: true);
            }

            options.CertificateChainPolicy = policy;
        }

        return options;
    }

    private RedisInfo Introduce(RedisConnection connection, bool subscribes)
    {
        if (url.Password is { } password)
        {
            RespValue answer = connection.Ask(url.User is { } user ? RespWriter.Command("AUTH", user, password) : RespWriter.Command("AUTH", password));
            if (answer.Kind is RespKind.Error)
            {
                // Its words may have what was sent in them.
                throw new RedisException(
                    answer.Text.StartsWith("WRONGPASS", StringComparison.Ordinal) || answer.Text.Contains("invalid password", StringComparison.Ordinal)
                        ? "it does not take the user and the password of --state"
                        : answer.Text.Contains("without any password", StringComparison.Ordinal) ? "it has no password, and --state has one" : "it does not let the user of --state in",
                    isFinal: !answer.Text.StartsWith("LOADING", StringComparison.Ordinal));
            }
        }

        RespValue told = connection.Ask(RespWriter.Command("INFO"));
        if (told.Kind is RespKind.Error && told.Text.StartsWith("NOAUTH", StringComparison.Ordinal))
        {
            throw new RedisException("it wants a password, and --state has none", isFinal: true);
        }

        RedisInfo info = RedisInfo.Of(told.Text);
        if (info.Problem is { } problem)
        {
            throw problem;
        }

        _ = connection.Ask(RespWriter.Command("CLIENT", "SETNAME", name));
        if (url.Database != 0)
        {
            Demand(connection.Ask(RespWriter.Command("SELECT", url.Database.ToString(System.Globalization.CultureInfo.InvariantCulture))), $"it has no database {url.Database}");
        }

        if (!subscribes)
        {
            foreach (RedisScript script in RedisScripts.All)
            {
                Demand(connection.Ask(RespWriter.Command("SCRIPT", "LOAD", script.Source)), "it does not take scripts from the user of --state");
            }
        }

        return info;
    }

    private static void Demand(RespValue answer, string problem)
    {
        if (answer.Kind is RespKind.Error)
        {
            bool passes = answer.Text.StartsWith("LOADING", StringComparison.Ordinal) || answer.Text.StartsWith("BUSY", StringComparison.Ordinal);
            throw new RedisException($"{problem} ({answer.Text})", isFinal: !passes);
        }
    }
}
