using System.Text;
using Hydra.Http;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ForwardedClaimsTests
{
    private const ForwardedAspects Usual = ForwardedAspects.For | ForwardedAspects.Proto;
    private const ForwardedAspects All = Usual | ForwardedAspects.Host | ForwardedAspects.Port | ForwardedAspects.Prefix;

    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4:0")]
    [InlineData("1.2.3.4:77", "1.2.3.4:77")]
    [InlineData("[2001:db8::1]:77", "2001:db8::1:77")]
    [InlineData("6.6.6.6, 1.2.3.4", "1.2.3.4:0")]
    [InlineData("6.6.6.6, 1.2.3.4, 10.0.0.1, 10.0.0.2", "1.2.3.4:0")]
    [InlineData("10.0.0.3, 10.0.0.2", "10.0.0.3:0")]
    [InlineData("6.6.6.6, evil, 10.0.0.2", "10.0.0.2:0")]
    [InlineData("6.6.6.6, unknown", null)]
    [InlineData("evil", null)]
    [InlineData("1.2.3.4, unix:", "1.2.3.4:0")]
    [InlineData("1.2.3.4, ,", "1.2.3.4:0")]
    [InlineData("\"1.2.3.4\"", "1.2.3.4:0")]
    [InlineData("", null)]
    public void For_ListOfProxies_IsTheLastWhoIsNotTrusted(string value, string? expected)
        => Assert.Equal(expected, Client(Read(Usual, "x-forwarded-for", value)));

    [Fact]
    public void For_SeveralLines_AreOneList()
        => Assert.Equal("1.2.3.4:0", Client(Read(Usual, "x-forwarded-for", "6.6.6.6, 1.2.3.4", "x-forwarded-for", "10.0.0.1")));

    [Theory]
    [InlineData("6.6.6.6, 1.2.3.4", "6.6.6.6:0")]
    [InlineData("evil, 1.2.3.4", "1.2.3.4:0")]
    public void For_AllTrusted_IsTheFirst(string value, string expected)
        => Assert.Equal(expected, Client(ForwardedClaims.Read(Fields("x-forwarded-for", value), Peers("*"), Usual)));

    [Fact]
    public void For_MoreHopsThanAnybodyHas_IsNotReadToItsEnd()
    {
        string value = "6.6.6.6, " + string.Join(',', Enumerable.Repeat("10.0.0.1", 1000));
        Assert.Equal("10.0.0.1:0", Client(Read(Usual, "x-forwarded-for", value)));
    }

    [Theory]
    [InlineData("https", null, "https")]
    [InlineData("HTTPS", null, "https")]
    [InlineData("wss", null, "https")]
    [InlineData("ws", null, "http")]
    [InlineData("gopher", null, null)]
    [InlineData("http, https", null, "https")]
    [InlineData("https, http", "1.2.3.4", "http")]
    [InlineData("https, http", "1.2.3.4, 10.0.0.1", "https")]
    [InlineData("https", "1.2.3.4, 10.0.0.1", "https")]
    public void Proto_OneOrSeveral_IsThatOfTheProxyThatTheClientHasReached(string value, string? client, string? expected)
        => Assert.Equal(expected, Read(Usual, ["x-forwarded-proto", value, .. client is null ? Array.Empty<string>() : ["x-forwarded-for", client]]).Scheme);

    [Theory]
    [InlineData("https", "x-forwarded-ssl", "on")]
    [InlineData("http", "x-forwarded-ssl", "off")]
    [InlineData("https", "x-forwarded-protocol", "ssl")]
    [InlineData("https", "x-forwarded-protocol", "https")]
    [InlineData("http", "x-forwarded-proto", "http", "x-forwarded-ssl", "on")]
    [InlineData(null, "x-forwarded-ssl", "maybe")]
    public void Scheme_FieldsOfGunicorn_CountWhereProtoDoesNot(string? expected, params string[] fields)
        => Assert.Equal(expected, Read(Usual, fields).Scheme);

    [Theory]
    [InlineData("example.org", "example.org")]
    [InlineData("a, example.org:8443", "example.org:8443")]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("evil/path", null)]
    [InlineData("a b", null)]
    [InlineData("", null)]
    public void Host_OfTheProxy_IsTakenWhereItIsOne(string value, string? expected)
    {
        Assert.Equal(expected, Read(All, "x-forwarded-host", value).Host);
        Assert.Null(Read(Usual, "x-forwarded-host", value).Host);
    }

    [Theory]
    [InlineData("8443", 8443)]
    [InlineData("0", 0)]
    [InlineData("65536", 0)]
    [InlineData("+1", 0)]
    public void Port_OfTheProxy_IsTakenWhereItIsOne(string value, int expected)
    {
        Assert.Equal(expected, Read(All, "x-forwarded-port", value).Port);
        Assert.Equal(0, Read(Usual, "x-forwarded-port", value).Port);
    }

    [Theory]
    [InlineData("/app", "/app")]
    [InlineData("/app/", "/app")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/", null)]
    [InlineData("app", null)]
    [InlineData("//evil.example", null)]
    [InlineData("/a/../b", null)]
    [InlineData("/a?b", null)]
    [InlineData("/%61", null)]
    public void Prefix_OfTheProxy_IsTakenWhereItIsAPath(string value, string? expected)
    {
        Assert.Equal(expected, Read(All, "x-forwarded-prefix", value).Prefix);
        Assert.Null(Read(Usual, "x-forwarded-prefix", value).Prefix);
    }

    [Theory]
    [InlineData("for=1.2.3.4;proto=https;host=a", "1.2.3.4:0", "https", "a")]
    [InlineData("for=6.6.6.6;proto=http, for=1.2.3.4;proto=https", "1.2.3.4:0", "https", null)]
    [InlineData("for=1.2.3.4;proto=https;host=outer, for=10.0.0.1;proto=http;host=inner", "1.2.3.4:0", "https", "outer")]
    [InlineData("for=6.6.6.6;host=evil, for=_hidden;proto=https", null, "https", null)]
    [InlineData("for=6.6.6.6;host=evil, for=unknown, for=10.0.0.1", "10.0.0.1:0", null, null)]
    [InlineData("for=6.6.6.6, nonsense", null, null, null)]
    [InlineData("for=6.6.6.6;host=evil, proto=https", null, "https", null)]
    [InlineData("for=\"x, for=1.2.3.4", "1.2.3.4:0", null, null)]
    [InlineData("for=\"[2001:db8::1]:5\";by=\"[::1]\"", "2001:db8::1:5", null, null)]
    public void Forwarded_Elements_AreReadAsFarAsTheyAreTrusted(string value, string? client, string? scheme, string? host)
    {
        ForwardedClaims claims = Read(All, "forwarded", value);

        Assert.Equal((client, scheme, host), (Client(claims), claims.Scheme, claims.Host));
    }

    [Fact]
    public void Forwarded_BesideTheOthers_IsNotMixedWithThem()
    {
        string[] both = ["forwarded", "for=6.6.6.6;proto=https;host=evil", "x-forwarded-for", "1.2.3.4"];
        ForwardedClaims usual = Read(All, both);
        ForwardedClaims standard = Read(All | ForwardedAspects.Standard, both);

        Assert.Equal(("1.2.3.4:0", null, null), (Client(usual), usual.Scheme, usual.Host));
        Assert.Equal(("6.6.6.6:0", "https", "evil"), (Client(standard), standard.Scheme, standard.Host));
        Assert.Null(Client(Read(All | ForwardedAspects.Standard, "x-forwarded-for", "1.2.3.4")));
    }

    [Fact]
    public void Read_AnyBytes_GivesNothingThatIsNone()
    {
        const string alphabet = "for=proto;host\",[]:\\_ .1x/%";
        var random = new Random(20_26);
        for (int i = 0; i < 20_000; i++)
        {
            string value = new([.. Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(8) == 0 ? (char)random.Next(1, 256) : alphabet[random.Next(alphabet.Length)])]);
            ForwardedClaims claims = Read(All | (ForwardedAspects)(random.Next(2) * 32), "forwarded", value, "x-forwarded-for", value, "x-forwarded-host", value, "x-forwarded-prefix", value);

            Assert.True(claims.Scheme is null or "http" or "https");
            Assert.InRange(claims.ClientPort, 0, 65_535);
            Assert.True(claims.Host is null || !claims.Host.AsSpan().ContainsAny(" /\\\""), value);
            Assert.True(claims.Prefix is null || (claims.Prefix[0] == '/' && claims.Prefix[1] != '/'), value);
        }
    }

    private static string? Client(ForwardedClaims claims) => claims.Client is null ? null : $"{claims.Client}:{claims.ClientPort}";

    private static ForwardedClaims Read(ForwardedAspects aspects, params string[] fields) => ForwardedClaims.Read(Fields(fields), Peers("10.0.0.0/8,unix"), aspects);

    private static ForwardedFields Fields(params string[] fields) => ForwardedFields.Read(Encoding.Latin1.GetBytes(string.Join('\0', fields)));

    private static PeerList Peers(string text)
    {
        Assert.Null(PeerList.Read(text, out PeerList list));
        return list;
    }
}
