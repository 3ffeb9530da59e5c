using System.Text;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class RequestFactsTests
{
    [Theory]
    [InlineData("http", "1.1", "1.2.3.4", 5, "10.0.0.1", 80, "", "http|1.1|1.2.3.4|5|10.0.0.1|80|")]
    [InlineData("https", "2", "::1", 50000, "::1", 443, "/app", "https|2|::1|50000|::1|443|/app")]
    [InlineData("http", "1.0", "", 0, "/run/h\u00fc.sock", 0, "/\u00e4", "http|1.0|||/run/h\u00fc.sock||/\u00e4")]
    public void Block_OfAnyConnection_HasSevenParts(
        string scheme, string version, string client, int clientPort, string server, int serverPort, string root, string expected)
    {
        var facts = new RequestFacts
        {
            Scheme = scheme,
            HttpVersion = version,
            ClientHost = client,
            ClientPort = clientPort,
            ServerHost = server,
            ServerPort = serverPort,
            RootPath = root,
        };

        Assert.Equal(expected.Replace('|', '\0'), Encoding.UTF8.GetString(facts.Block));
    }

    [Theory]
    [InlineData("1.2.3.4", 5, "1.2.3.4:5")]
    [InlineData("::1", 1, "[::1]:1")]
    [InlineData("", 0, "unix")]
    public void Client_ForLogs_IsAddressAndPort(string host, int port, string expected)
        => Assert.Equal(expected, Facts(host, port).Client);

    [Fact]
    public void Below_TheSamePath_IsTheSameObject()
    {
        RequestFacts facts = Facts("1.2.3.4", 5);
        RequestFacts below = facts.Below("/app");

        Assert.Same(facts, facts.Below(""));
        Assert.Same(below, facts.Below("/app"));
        Assert.Same(below, below.Below("/app"));
    }

    [Fact]
    public void Below_AnotherPath_DiffersInNothingElse()
    {
        RequestFacts facts = Facts("1.2.3.4", 5) with { Headers = new HeaderEdits([], []) };
        string before = Encoding.UTF8.GetString(facts.Block);
        RequestFacts first = facts.Below("/a");
        RequestFacts second = facts.Below("/b");

        Assert.Equal("/a", first.RootPath);
        Assert.Equal("/b", second.RootPath);
        Assert.Equal(before + "/a", Encoding.UTF8.GetString(first.Block));
        Assert.Equal(before + "/b", Encoding.UTF8.GetString(second.Block));
        Assert.Equal(before, Encoding.UTF8.GetString(facts.Block));
        Assert.Same(facts.Headers, second.Headers);
    }

    [Fact]
    public void With_AfterEverythingWasDerived_DerivesAnew()
    {
        RequestFacts facts = Facts("1.2.3.4", 5);
        string block = Encoding.UTF8.GetString(facts.Block);
        Assert.Equal("1.2.3.4:5", facts.Client);
        RequestFacts below = facts.Below("/app");
        RequestFacts other = facts with { ClientHost = "9.9.9.9", ClientPort = 6 };

        Assert.Equal("9.9.9.9:6", other.Client);
        Assert.Equal(block.Replace("1.2.3.4\05", "9.9.9.9\06", StringComparison.Ordinal), Encoding.UTF8.GetString(other.Block));
        Assert.NotSame(below, other.Below("/app"));
        Assert.Equal("9.9.9.9:6", other.Below("/app").Client);
    }

    private static RequestFacts Facts(string host, int port) => new()
    {
        Scheme = "http",
        HttpVersion = "1.1",
        ClientHost = host,
        ClientPort = port,
    };
}
