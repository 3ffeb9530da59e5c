using System.Security.Authentication;
using Hydra.Configuration;
using Hydra.Tls;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>What the options about TLS amount to, and which do not fit together.</summary>
public sealed class TlsRulesTests
{
    [Fact]
    public void Parse_Certificates_HaveTheirKeysInOrder()
    {
        TlsSettings settings = Parsing.Run("main:app", "--ssl-certfile", "a.pem", "--certfile", "b.pem", "--keyfile", "a.key", "--ssl-keyfile", "b.key").Server.Tls.Settings();

        Assert.Equal([new CertificateFiles("a.pem", "a.key"), new CertificateFiles("b.pem", "b.key")], settings.Certificates);
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, settings.Versions);
    }

    [Fact]
    public void Parse_CertificateAlone_HasItsKeyInIt()
        => Assert.Equal([new CertificateFiles("a.pem", null)], Parsing.Run("main:app", "--ssl-certfile", "a.pem").Server.Tls.Settings().Certificates);

    [Theory]
    [InlineData("0", ClientCertificates.None)]
    [InlineData("1", ClientCertificates.Optional)]
    [InlineData("2", ClientCertificates.Required)]
    [InlineData("required", ClientCertificates.Required)]
    public void Parse_CertReqs_IsTakenAsUvicornHasIt(string text, object expected)
        => Assert.Equal(expected, Parsing.Run("main:app", "--ssl-certfile", "a.pem", "--ssl-cert-reqs", text).Server.Tls.Clients);

    [Theory]
    [InlineData("--ssl-keyfile is the key of a certificate: name that with --ssl-certfile.", "--ssl-keyfile", "a.key")]
    [InlineData(
        "--ssl-certfile is given 2 times and --ssl-keyfile 1 times: each certificate has a key, in the same order.",
        "--ssl-certfile", "a", "--ssl-certfile", "b", "--ssl-keyfile", "a")]
    [InlineData("--ssl-self-signed makes a certificate, and --ssl-certfile names one: choose.", "--ssl-self-signed", "--ssl-certfile", "a")]
    [InlineData("clients show certificates where TLS is spoken: --ssl-certfile names the server's own.", "--ssl-cert-reqs", "2")]
    [InlineData(
        "--ssl-ca-certs and --ssl-crl are about certificates of clients, which are asked for with --ssl-cert-reqs.",
        "--ssl-certfile", "a", "--ssl-ca-certs", "b")]
    [InlineData("TLS is not spoken, and options say how: --ssl-certfile names a certificate.", "--ssl-min-version", "1.3")]
    [InlineData("--bind https://127.0.0.1:443 needs a certificate: --ssl-certfile names one, and --ssl-self-signed makes one.", "--bind", "https://127.0.0.1:443")]
    [InlineData("There is a certificate, and each --bind says http:// or uwsgi://: TLS is spoken at none of the addresses.", "--bind", "http://:80", "--ssl-self-signed")]
    [InlineData("--ssl-min-version (command line): \"1.1\" is not 1.2 or 1.3; did you mean \"1.2\"?", "--ssl-certfile", "a", "--ssl-min-version", "1.1")]
    public void Parse_OptionsThatDoNotFit_SayWhy(string problem, params string[] arguments)
        => Assert.Equal(problem, Assert.Single(Parsing.Errors(["main:app", .. arguments])));

    [Theory]
    [InlineData("", false)]
    [InlineData("--no-proxy-headers", true)]
    [InlineData("--forwarded-fields for", true)]
    [InlineData("--no-proxy-headers --proxy-protocol", false)]
    [InlineData("--no-proxy-headers --ssl-self-signed", false)]
    public void Parse_RedirectToHttpsThatNobodySpeaks_IsAWarning(string others, bool warns)
    {
        ParseResult.Run run = Assert.IsType<ParseResult.Run>(
            Parsing.Parse(["main:app", "--redirect-https", .. others.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));

        Assert.Equal(warns, run.Warnings.Any(static warning => warning.StartsWith("--redirect-https sends every request away", StringComparison.Ordinal)));
    }
}
