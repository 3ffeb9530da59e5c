using System.Globalization;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>What a worker is told of a connection's TLS (ASGI TLS extension): versions and suites are numbers as they are on the wire. Immutable.</summary>
/// <param name="Version">The version: 0x0303 for TLS 1.2, 0x0304 for 1.3; 0 where it is not known.</param>
/// <param name="Suite">The cipher suite.</param>
/// <param name="ClientName">The subject of the client's certificate (RFC 4514); empty where it has shown none.</param>
/// <param name="ClientCertificate">The client's certificate in PEM; empty where it has shown none.</param>
internal sealed record TlsFacts(int Version, int Suite, string ClientName, string ClientCertificate)
{
    private const string Special = ",+\"\\<>;";

    /// <summary>The parts of the connection block behind those that each has.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"\0{Version}\0{Suite}\0{ClientName}\0{ClientCertificate}");

    /// <summary>Those of a connection; null where it has none.</summary>
    public static TlsFacts? Of(BaseConnectionContext connection)
    {
        if (connection is MultiplexedConnectionContext)
        {
            // QUIC has no other (RFC 9001, section 4.2), Kestrel does not say which suite, and clients show no certificates.
            return new TlsFacts(0x0304, 0, "", "");
        }

        if (connection.Features.Get<ITlsHandshakeFeature>() is not { } handshake)
        {
            return null;
        }

        X509Certificate2? client = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        int version = handshake.Protocol switch { SslProtocols.Tls12 => 0x0303, SslProtocols.Tls13 => 0x0304, _ => 0 };
        return new TlsFacts(
            version, (int)(handshake.NegotiatedCipherSuite ?? 0), client is null ? "" : NameOf(client.SubjectName), client?.ExportCertificatePem() ?? "");
    }

    /// <summary>A name as text (RFC 4514, section 2): the most particular part first.</summary>
    public static string NameOf(X500DistinguishedName name)
    {
        var text = new StringBuilder();
        foreach (X500RelativeDistinguishedName part in name.EnumerateRelativeDistinguishedNames(reversed: true))
        {
            text.Append(text.Length > 0 ? "," : "");
            if (part.HasMultipleElements)
            {
                text.Append('#').Append(Convert.ToHexString(part.RawData.Span));
            }
            else
            {
                text.Append(KeyOf(part.GetSingleElementType().Value ?? "")).Append('=');
                Append(text, part.GetSingleElementValue() ?? "");
            }
        }

        return text.ToString();
    }

    // RFC 4514, section 3; others have their number.
    private static string KeyOf(string identifier) => identifier switch
    {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => identifier,
    };

    // RFC 4514, section 2.4. The block that it travels in has NUL between its parts.
    private static void Append(StringBuilder text, string value)
    {
        for (int i = 0; i < value.Length; i++)
        {
            bool isEdge = (i == 0 && value[i] is ' ' or '#') || (i == value.Length - 1 && value[i] is ' ');
            text.Append(isEdge || Special.Contains(value[i], StringComparison.Ordinal) ? "\\" : "").Append(value[i] == '\0' ? "\\00" : value[i]);
        }
    }
}
