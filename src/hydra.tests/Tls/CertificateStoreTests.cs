using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Hosting;
using Hydra.Tests.Workers;
using Hydra.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Tls;

/// <summary>Which certificate a client is shown, and what happens when files change.</summary>
public sealed class CertificateStoreTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestAuthority _authority;
    private readonly ManualClock _clock = new();

    public CertificateStoreTests() => _authority = new TestAuthority(_directory.Path);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("", "a.example")]
    [InlineData("unknown.test", "a.example")]
    [InlineData("a.example", "a.example")]
    [InlineData("A.Example", "a.example")]
    [InlineData("x.example", "*.example")]
    [InlineData("b.example", "b.example")]
    [InlineData("x.b.example", "a.example")]
    [InlineData("127.0.0.1", "b.example")]
    [InlineData("example", "a.example")]
    public void For_Name_IsTheCertificateThatHasIt(string host, string first)
    {
        CertificateStore store = Store(_authority.Issue("a", "a.example"), _authority.Issue("many", "*.example"), _authority.Issue("b", "b.example", "127.0.0.1"));

        Assert.Equal($"CN={first}", Shown(store, host));
    }

    [Fact]
    public void For_SameName_IsTheSameObject()
    {
        CertificateStore store = Store(_authority.Issue("a", "a.example"));

        // What a client may resume hangs on it.
        Assert.Same(store.For("a.example").ServerCertificateContext, store.For("").ServerCertificateContext);
    }

    [Fact]
    public void For_FileIsReplaced_ShowsTheNewOne()
    {
        CertificateStore store = Store(_authority.Issue("a", "old.example"));
        _authority.Issue("a", "new.example");

        // Not at each handshake.
        Assert.Equal("CN=old.example", Shown(store, ""));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=new.example", Shown(store, ""));
    }

    [Fact]
    public void For_FileIsReplacedByRubbish_ShowsTheFormerUntilItIsGoodAgain()
    {
        IssuedFiles files = _authority.Issue("a", "old.example");
        CertificateStore store = Store(files);
        File.WriteAllText(files.Certificate, "nothing");
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=old.example", Shown(store, ""));

        _authority.Issue("a", "newest.example");
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=newest.example", Shown(store, ""));
    }

    [Fact]
    public void For_LinkLeadsElsewhere_ShowsWhatIsThere()
    {
        IssuedFiles first = _authority.Issue("first", "first.example");
        IssuedFiles second = _authority.Issue("second-with-a-longer-name", "second.example", "other.example");
        string certificate = Path.Combine(_directory.Path, "live.pem");
        string key = Path.Combine(_directory.Path, "live.key");
        File.CreateSymbolicLink(certificate, first.Certificate);
        File.CreateSymbolicLink(key, first.Key);
        CertificateStore store = Store(new IssuedFiles(certificate, key, [], ""));
        File.Delete(certificate);
        File.Delete(key);
        File.CreateSymbolicLink(certificate, second.Certificate);
        File.CreateSymbolicLink(key, second.Key);
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("CN=second.example", Shown(store, ""));
    }

    [Fact]
    public void For_SelfSigned_IsForLocalhostAndStays()
    {
        CertificateStore store = Store(new TlsSettings { Certificates = [] });
        object? context = store.For("localhost").ServerCertificateContext;
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("CN=localhost", Shown(store, "localhost"));
        Assert.Same(context, store.For("localhost").ServerCertificateContext);
    }

    [Fact]
    public void For_Settings_AreThoseOfTheHandshake()
    {
        IssuedFiles files = _authority.Issue("a", "a.example");
        CertificateStore store = Store(new TlsSettings
        {
            Certificates = [new CertificateFiles(files.Certificate, files.Key)],
            Versions = SslProtocols.Tls13,
            Clients = ClientCertificates.Required,
            Authorities = _authority.File,
        });
        SslServerAuthenticationOptions options = store.For("");

        Assert.Equal(SslProtocols.Tls13, options.EnabledSslProtocols);
        Assert.True(options.ClientCertificateRequired);
        Assert.False(options.AllowRenegotiation);
        Assert.Equal([SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], options.ApplicationProtocols);
    }

    [Fact]
    public void Client_ThatIsRefused_IsNamedInTheLogOnceInAWhile()
    {
        IssuedFiles files = _authority.Issue("a", "a.example");
        var log = new RecordingLogger();
        CertificateStore store = Store(
            new TlsSettings { Certificates = [new CertificateFiles(files.Certificate, files.Key)], Clients = ClientCertificates.Required, Authorities = _authority.File }, log);
        RemoteCertificateValidationCallback judge = store.For("").RemoteCertificateValidationCallback!;
        using X509Certificate2 strange = X509CertificateLoader.LoadCertificateFromFile(files.Certificate);
        using var chain = new X509Chain { ChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        Assert.False(chain.Build(strange));

        Assert.False(judge(this, strange, chain, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(judge(this, null, null, SslPolicyErrors.RemoteCertificateNotAvailable));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.False(judge(this, null, null, SslPolicyErrors.RemoteCertificateNotAvailable));

        string[] lines = [.. log.Texts.Where(static text => text.Contains("refused", StringComparison.Ordinal))];
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("a client was refused by its certificate (CN=a.example): ", lines[0], StringComparison.Ordinal);
        Assert.Contains("PartialChain", lines[0], StringComparison.Ordinal);
        Assert.Equal("a client was refused by its certificate (none): it has shown none (1 more since the last line)", lines[1]);
    }

    private CertificateStore Store(params IssuedFiles[] files)
        => Store(new TlsSettings { Certificates = [.. files.Select(static each => new CertificateFiles(each.Certificate, each.Key))] });

    private CertificateStore Store(TlsSettings settings, ILogger? log = null)
        => new(settings, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], _clock, log ?? NullLogger.Instance);

    private static string Shown(CertificateStore store, string host) => store.For(host).ServerCertificateContext!.TargetCertificate.Subject;
}
