using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Hydra.Tracing;

/// <summary>Sends bodies to a collector, a connection for each: HTTP/1.1 as far as that needs it.</summary>
/// <param name="settings">Where it is, and what it wants to be told.</param>
internal sealed class OtlpClient(TraceSettings settings)
{
    // An answer is some bytes.
    private const int LongestAnswer = 64 * 1024;

    private readonly X509Certificate2Collection? _authorities = Authorities(settings.Authorities);

    /// <summary>Reads the file of certificates.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="CryptographicException">It has none.</exception>
    public static X509Certificate2Collection? Authorities(string? path)
    {
        if (path is null)
        {
            return null;
        }

        X509Certificate2Collection found = [];
        found.ImportFromPem(File.ReadAllText(path));
        return found.Count > 0 ? found : throw new CryptographicException("there is no certificate in it");
    }

    /// <summary>Sends a body.</summary>
    /// <param name="body">An ExportTraceServiceRequest in JSON.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="IOException">The connection has broken off.</exception>
    /// <exception cref="AuthenticationException">Its certificate is none to trust.</exception>
    /// <exception cref="OperationCanceledException">It has taken too long, or was given up.</exception>
    public async Task<OtlpAnswer> PostAsync(byte[] body, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(settings.Timeout);
        Uri url = settings.Endpoint.Url;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new DnsEndPoint(url.IdnHost, url.Port), end.Token).ConfigureAwait(false);
        await using Stream stream = await OpenAsync(socket, url, end.Token).ConfigureAwait(false);
        byte[] sent = settings.UsesGzip ? Compress(body) : body;
        await stream.WriteAsync((byte[])[.. Head(url, sent.Length), .. sent], end.Token).ConfigureAwait(false);
        return await ReadAsync(stream, end.Token).ConfigureAwait(false);
    }

    private static async Task<OtlpAnswer> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[LongestAnswer];
        int count = 0;
        while (true)
        {
            int more = count < buffer.Length ? await stream.ReadAsync(buffer.AsMemory(count), cancellation).ConfigureAwait(false) : 0;
            count += more;
            if (OtlpAnswer.TryRead(buffer.AsSpan(0, count), more == 0, DateTimeOffset.UtcNow, out OtlpAnswer answer))
            {
                return answer;
            }
        }
    }

    private static byte[] Compress(byte[] body)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return compressed.ToArray();
    }

    private byte[] Head(Uri url, int length)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\nUser-Agent: hydra\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {length}\r\n");
        if (settings.UsesGzip)
        {
            head.Append("Content-Encoding: gzip\r\n");
        }

        foreach ((string name, string value) in settings.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private async Task<Stream> OpenAsync(Socket socket, Uri url, CancellationToken cancellation)
    {
        var plain = new NetworkStream(socket);
        if (!settings.Endpoint.IsTls)
        {
            return plain;
        }

        var tls = new SslStream(plain);
        try
        {
            var options = new SslClientAuthenticationOptions { TargetHost = url.IdnHost };
            if (_authorities is not null)
            {
                options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                options.CertificateChainPolicy.CustomTrustStore.AddRange(_authorities);
            }

            await tls.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
