using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hydra.Transport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>TLS and HTTP/2 over the loop transport, with .NET's own client.</summary>
public class LoopTlsTests
{
    [LinuxTheory]
    [InlineData("1.1", true)]
    [InlineData("2.0", true)]
    [InlineData("2.0", false)]
    public async Task Requests_ManyAtOnceWithBodies_AreEchoed(string version, bool tls)
    {
        using X509Certificate2 certificate = MakeCertificate();
        await using LoopHost host = await LoopHost.StartAsync(
            async context =>
            {
                // Echoing while it reads would leave the streams waiting for each other's share of the connection's window.
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length));
            },
            configure: kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = version == "2.0" ? HttpProtocols.Http2 : HttpProtocols.Http1;
                if (tls)
                {
                    listen.UseHttps(certificate);
                }
            }));
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString();
        using var client = new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{host.Port}"),
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            byte[] body = RandomNumberGenerator.GetBytes(i * 10_000);
            using var content = new ByteArrayContent(body);
            using HttpResponseMessage response = await client.PostAsync("/", content);
            Bytes.AssertEqual(body, await response.Content.ReadAsByteArrayAsync());
        }));
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
