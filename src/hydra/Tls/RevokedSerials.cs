using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hydra.Tls;

/// <summary>
/// The certificates that authorities have revoked: lists in PEM or DER (RFC 5280, section 5.1). Their signatures are not checked: who names the
/// file vouches for it. Immutable.
/// </summary>
internal sealed class RevokedSerials
{
    private readonly HashSet<(string Issuer, string Serial)> _revoked = [];

    /// <summary>Reads the lists in a file.</summary>
    /// <exception cref="TlsException">It cannot be read, or has none.</exception>
    public static RevokedSerials Load(string path)
    {
        try
        {
            return Parse(TlsFile.ReadBytes(path));
        }
        catch (Exception e) when (e is AsnContentException or ArgumentException or CryptographicException)
        {
            throw new TlsException($"{path} has no certificate revocation list.");
        }
    }

    /// <summary>Reads lists.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    /// <exception cref="ArgumentException">The text has none.</exception>
    public static RevokedSerials Parse(ReadOnlyMemory<byte> data)
    {
        var revoked = new RevokedSerials();
        if (data.Span.IndexOf("-----BEGIN"u8) < 0)
        {
            revoked.Add(data);
            return revoked;
        }

        ReadOnlySpan<char> text = System.Text.Encoding.Latin1.GetString(data.Span);
        int count = 0;
        while (PemEncoding.TryFind(text, out PemFields fields))
        {
            if (text[fields.Label] is "X509 CRL")
            {
                revoked.Add(Convert.FromBase64String(text[fields.Base64Data].ToString()));
                count++;
            }

            text = text[fields.Location.End..];
        }

        return count > 0 ? revoked : throw new ArgumentException("the text has no list", nameof(data));
    }

    /// <summary>Whether a certificate is on a list of who has signed it.</summary>
    public bool Contains(X509Certificate2 certificate)
        => _revoked.Contains((Convert.ToHexString(certificate.IssuerName.RawData), Convert.ToHexString(certificate.SerialNumberBytes.Span)));

    private void Add(ReadOnlyMemory<byte> list)
    {
        AsnReader signed = new AsnReader(list, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (signed.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
        {
            // The version.
            _ = signed.ReadIntegerBytes();
        }

        _ = signed.ReadSequence();
        string issuer = Convert.ToHexString(signed.ReadEncodedValue().Span);

        // thisUpdate and, mostly, nextUpdate.
        _ = signed.ReadEncodedValue();
        while (signed.HasData && signed.PeekTag() is { TagClass: TagClass.Universal } tag && (tag.TagValue is (int)UniversalTagNumber.UtcTime or (int)UniversalTagNumber.GeneralizedTime))
        {
            _ = signed.ReadEncodedValue();
        }

        if (signed.HasData && signed.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            AsnReader entries = signed.ReadSequence();
            while (entries.HasData)
            {
                _revoked.Add((issuer, Convert.ToHexString(entries.ReadSequence().ReadIntegerBytes().Span)));
            }
        }
    }
}
