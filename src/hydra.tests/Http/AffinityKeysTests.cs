using System.Text;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Where the key of a request is found, and that one thing has one key however it is written.</summary>
public sealed class AffinityKeysTests
{
    [Theory]
    [InlineData("/acme/orders", 1, 1, "acme")]
    [InlineData("//acme//orders/", 2, 2, "orders")]
    [InlineData("/a/b/c/d", 2, 3, "b/c")]
    [InlineData("/%61cm%65", 1, 1, "acme")]
    [InlineData("/a%2fb", 1, 1, "a%2Fb")]
    [InlineData("/a%0d%0ab%00", 1, 1, "a%0D%0Ab%00")]
    [InlineData("/100%25", 1, 1, "100%25")]
    [InlineData("/%zz", 1, 1, "%25zz")]
    [InlineData("/a", 2, 2, "")]
    [InlineData("/a/b", 1, 3, "")]
    [InlineData("/", 1, 1, "")]
    [InlineData("*", 1, 1, "*")]
    public void SegmentsOf_Path_AreInOneSpelling(string path, int first, int last, string expected)
        => Assert.Equal(expected, Encoding.ASCII.GetString(AffinityKeys.SegmentsOf(Encoding.Latin1.GetBytes(path), first, last)));

    [Theory]
    [InlineData("room=7", "7")]
    [InlineData("a=1&room=7&room=8", "7")]
    [InlineData("r%6fom=a+b", "a%20b")]
    [InlineData("rooms=7", "")]
    [InlineData("room", "")]
    [InlineData("room=", "")]
    [InlineData("", "")]
    public void ValueOf_Query_IsTheFirst(string query, string expected)
        => Assert.Equal(expected, Encoding.ASCII.GetString(AffinityKeys.ValueOf(Encoding.ASCII.GetBytes(query), "room")));

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::9", "2001:db8:1:2::/64")]
    [InlineData("", "")]
    public void ClientOf_Address_IsTheNetworkOfIPv6(string host, string expected) => Assert.Equal(expected, AffinityKeys.ClientOf(host));

    [Theory]
    [InlineData(nameof(AffinityKind.Header), "X-Tenant", "acme")]
    [InlineData(nameof(AffinityKind.Header), "x-tenant", "acme")]
    [InlineData(nameof(AffinityKind.Header), "X-Empty", "")]
    [InlineData(nameof(AffinityKind.Header), "X-None", "")]
    [InlineData(nameof(AffinityKind.Cookie), "sid", "s1")]
    [InlineData(nameof(AffinityKind.Cookie), "none", "")]
    [InlineData(nameof(AffinityKind.Query), "room", "7")]
    public void Read_Request_HasTheKeyThere(string kind, string name, string expected)
    {
        RequestContext context = ExchangeSetup.Accept(new FakeRequest(
            "GET", "/acme?room=7", [("Host", "h"), ("X-Tenant", " acme "), ("X-Empty", ""), ("Cookie", "a=b; sid=s1; sid=s2; sid2=x")]));
        AffinityKey key = new AffinityKeys(new AffinitySource(Enum.Parse<AffinityKind>(kind), name)).Read(context);

        Assert.Equal(expected, Encoding.Latin1.GetString(key.Text));
        Assert.Equal(expected.Length == 0, key == AffinityKey.None);
        Assert.Equal(expected.Length == 0, key.Place == 0);
        Assert.Equal(expected.Length == 0, key.Memory == 0);
    }

    [Fact]
    public void Read_PathAndClient_AreThoseOfTheRequest()
    {
        RequestContext context = ExchangeSetup.Accept(new FakeRequest("GET", "http://h/acme/x?a", [("Host", "h")]));
        context.Facts = context.Facts with { ClientHost = "10.1.2.3" };

        Assert.Equal("acme"u8.ToArray(), new AffinityKeys(new AffinitySource(AffinityKind.Path, "", 1, 1)).Read(context).Text);
        Assert.Equal("10.1.2.3"u8.ToArray(), new AffinityKeys(new AffinitySource(AffinityKind.Client)).Read(context).Text);
    }

    [Theory]
    [InlineData("x-hydra-affinity", true)]
    [InlineData("x-hydra-affinity-moved", true)]
    [InlineData("x_hydra_affinity_moved", true)]
    [InlineData("x-hydra-affinitx", false)]
    [InlineData("x-request-id-of-some-k", false)]
    [InlineData("host", false)]
    public void AffinityFields_Names_AreTheFrontsInAnySpelling(string name, bool expected)
    {
        Assert.Equal(expected, AffinityFields.Is(Encoding.ASCII.GetBytes(name)));
        byte[] block = Encoding.ASCII.GetBytes($"{name}\0v");
        Assert.Equal(expected ? 0 : block.Length, AffinityFields.Removal.Apply(block, new byte[block.Length + AffinityFields.Removal.Growth]));
    }
}
