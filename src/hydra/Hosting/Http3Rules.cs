using System.Net;
using System.Net.Quic;
using System.Net.Security;
using Hydra.Configuration;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Hydra.Hosting;

/// <summary>HTTP/3 (RFC 9114), which Kestrel speaks by a library of the system's, libmsquic.</summary>
internal static class Http3Rules
{
    /// <summary>Whether it can be spoken here.</summary>
    public static bool IsAvailable => (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicListener.IsSupported;

    /// <summary>Whether it is to be spoken, and can be.</summary>
    public static bool IsOn(ServerOptions options) => options.Http2.HasHttp3 && options.Tls.IsOn && IsAvailable;

    /// <summary>Whether it has a place at an address: one with a port that is known before.</summary>
    public static bool Fits(EndPoint endPoint) => endPoint is IPEndPoint { Port: > 0 };

    /// <summary>Gives Kestrel its transport.</summary>
    public static void AddTo(ConfigureWebHostBuilder host, Http2Options options)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
        {
#pragma warning disable CA2252 // What QUIC's options are called may change with .NET's version, which is ours to choose.
            host.UseKestrelHttpsConfiguration();
            host.UseQuic(quic => quic.MaxBidirectionalStreamCount = Math.Min(options.MaxStreams, ushort.MaxValue));
#pragma warning restore CA2252
        }
    }

    /// <summary>Whether a handshake is one of QUIC, for which other things are agreed upon than for TCP.</summary>
    public static bool IsSpokenOn(BaseConnectionContext connection) => connection.Features.Get<IProtocolErrorCodeFeature>() is not null;

    /// <summary>How a handshake of QUIC goes on.</summary>
    /// <param name="options">How one of TCP would.</param>
    public static SslServerAuthenticationOptions Of(SslServerAuthenticationOptions options) => new()
    {
        ServerCertificateContext = options.ServerCertificateContext,
        ApplicationProtocols = [SslApplicationProtocol.Http3],
    };
}
