using System.Security.Cryptography.X509Certificates;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What a worker is told of TLS.</summary>
public sealed class TlsFactsTests
{
    [Fact]
    public void Block_WithTls_HasItsPartsBehindTheOthers()
    {
        var facts = new RequestFacts { Scheme = "https", HttpVersion = "2", RootPath = "/r", Tls = new TlsFacts(0x0304, 0x1302, "CN=a", "pem") };

        Assert.Equal("https\02\0\0\0\0\0/r\0772\04866\0CN=a\0pem", System.Text.Encoding.UTF8.GetString(facts.Block));
    }

    // RFC 4514, sections 2.1 and 2.4.
    [Fact]
    public void NameOf_Parts_AreWrittenFromTheMostParticularOnWithWhatIsSpecialEscaped()
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(" #a+b\"c\\d<e>f;g ");
        builder.AddOrganizationName("Sue, Grabbit and Runn");
        builder.AddCountryOrRegion("GB");
        builder.Add("1.2.3.4", "x\0y");

        Assert.Equal("CN=\\ #a\\+b\\\"c\\\\d\\<e\\>f\\;g\\ ,O=Sue\\, Grabbit and Runn,C=GB,1.2.3.4=x\\00y", TlsFacts.NameOf(builder.Build()));
    }
}
