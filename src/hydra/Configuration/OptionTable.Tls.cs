using System.Net.Security;
using Hydra.Tls;

namespace Hydra.Configuration;

/// <content>TLS. The names are uvicorn's, and those of gunicorn and granian are taken too.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> TlsRows =>
    [
        new()
        {
            Name = "ssl-certfile", Aliases = ["certfile", "ssl-certificate"], Placeholder = "PATH", Repeatable = true, Group = OptionGroup.Tls,
            Help = "Speak TLS with this certificate, in PEM with its chain. Of several the client's wish for a name (SNI) chooses. Loaded again when the "
                + "file changes.",
            Binder = Section.Tls.Path(static (o, v) => o with { Certificates = [.. o.Certificates, v] }),
        },
        new()
        {
            Name = "ssl-keyfile", Aliases = ["keyfile"], Placeholder = "PATH", Repeatable = true, Group = OptionGroup.Tls,
            Help = "The certificate's private key; of several certificates the keys in the same order. Without it the key is in the certificate's file.",
            Binder = Section.Tls.Path(static (o, v) => o with { Keys = [.. o.Keys, v] }),
        },
        new()
        {
            Name = "ssl-keyfile-password", Placeholder = "TEXT", Group = OptionGroup.Tls,
            Help = "What opens an encrypted key. The variable is the better place: arguments can be read by other users.",
            Binder = Section.Tls.Text(static (o, v) => o with { Password = v }),
        },
        new()
        {
            Name = "ssl-self-signed", Default = "false", Group = OptionGroup.Tls,
            Help = "Speak TLS with a certificate for localhost that is made at the start, for development: clients have to be told to trust it.",
            Binder = Section.Tls.Switch(static (o, v) => o with { IsSelfSigned = v }),
        },
        new()
        {
            Name = "ssl-min-version", Aliases = ["ssl-protocol-min"], Placeholder = "1.2|1.3", Default = "1.2", Group = OptionGroup.Tls,
            Help = "The oldest version of TLS that is spoken.",
            Binder = Section.Tls.Choice([("1.2", false), ("1.3", true)], static (o, v) => o with { OnlyNewest = v },
                static text => text.Replace("tls", "", StringComparison.OrdinalIgnoreCase).TrimStart('v')),
        },
        new()
        {
            Name = "ssl-ciphers", Aliases = ["ciphers"], Placeholder = "NAMES", Default = "(OpenSSL's)", IsList = true, Group = OptionGroup.Tls,
            Help = "The cipher suites that are spoken, the best first, divided by colons: ECDHE-RSA-AES128-GCM-SHA256. On Linux alone.",
            Binder = OptionBinder.OfServer(BindCiphers),
        },
        new()
        {
            Name = "ssl-cert-reqs", Aliases = ["cert-reqs"], Placeholder = "none|optional|required", Default = "none", Group = OptionGroup.Tls,
            Help = "Whether clients have to show a certificate (mTLS). 0, 1 and 2 are taken for these words, and CERT_NONE and so on.",
            Binder = Section.Tls.Choice(
                [("none", ClientCertificates.None), ("optional", ClientCertificates.Optional), ("required", ClientCertificates.Required)],
                static (o, v) => o with { Clients = v }, static text => text switch { "0" => "none", "1" => "optional", "2" => "required", "CERT_NONE" => "none", "CERT_OPTIONAL" => "optional", "CERT_REQUIRED" => "required", _ => text }),
        },
        new()
        {
            Name = "ssl-ca-certs", Aliases = ["ca-certs", "ssl-ca"], Placeholder = "PATH", Group = OptionGroup.Tls,
            Help = "The authorities that clients' certificates may be signed by, in PEM. Without it those that the system trusts.",
            Binder = Section.Tls.Path(static (o, v) => o with { Authorities = v }),
        },
        new()
        {
            Name = "ssl-crl", Placeholder = "PATH", Group = OptionGroup.Tls,
            Help = "The clients' certificates that are revoked: lists in PEM or DER.",
            Binder = Section.Tls.Path(static (o, v) => o with { Revoked = v }),
        },
    ];

    private static string? BindCiphers(ServerDraft draft, OptionValue value)
    {
        string? problem = CipherNames.Read(value.Text, out IReadOnlyList<TlsCipherSuite> suites);
        draft.Options = draft.Options with { Tls = draft.Options.Tls with { Ciphers = suites } };
        return problem;
    }
}
