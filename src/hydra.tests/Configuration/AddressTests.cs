using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class AddressTests
{
    [Theory]
    [InlineData("127.0.0.1:9000", "127.0.0.1:9000")]
    [InlineData("localhost:9000", "localhost:9000")]
    [InlineData("[::1]:9000", "[::1]:9000")]
    [InlineData("[::]", "[::]:8000")]
    [InlineData("::1", "[::1]:8000")]
    [InlineData(":9000", "0.0.0.0:9000")]
    [InlineData("*:9000", "0.0.0.0:9000")]
    [InlineData("9000", "127.0.0.1:9000")]
    [InlineData("0.0.0.0", "0.0.0.0:8000")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("unix:/run/x.sock", "unix:/run/x.sock")]
    [InlineData("unix:///run/x.sock", "unix:/run/x.sock")]
    [InlineData("unix:x.sock", "unix:x.sock")]
    [InlineData("fd://3", "fd://3")]
    public void Bind_Form_IsRead(string text, string expected)
        => Assert.Equal(expected, Assert.Single(Parsing.Run("main:app", "--bind", text).Server.Addresses.Binds).ToString());

    [Theory]
    [InlineData("127.0.0.1:99999", "needs a port from 0 to 65535 after the colon")]
    [InlineData("127.0.0.1:", "needs a port from 0 to 65535 after the colon")]
    [InlineData("127.0.0.1:-1", "needs a port from 0 to 65535 after the colon")]
    [InlineData("[::1", "is not an address")]
    [InlineData("[::1]9000", "is not an address")]
    [InlineData("fe80::xyz", "is not an address")]
    [InlineData("unix:", "the path of the Unix socket is missing")]
    [InlineData("ftp://0.0.0.0:443", "is a URL")]
    [InlineData("https://", "has no address behind the scheme")]
    [InlineData("http://127.0.0.1:80/x", "needs a port from 0 to 65535 after the colon")]
    [InlineData("fd://2", "is not a whole number from 3")]
    [InlineData("fd://x", "is not a whole number from 3")]
    [InlineData("a b:80", "is neither a host name nor an IP address")]
    [InlineData("70000", "needs a port from 0 to 65535")]
    public void Bind_WrongForm_IsExplained(string text, string expected)
        => Assert.Contains(expected, Assert.Single(Parsing.Errors("main:app", "-b", text)), StringComparison.Ordinal);

    [Fact]
    public void Bind_UnixPathTooLong_IsExplained()
        => Assert.Contains("may have 103", Assert.Single(Parsing.Errors("main:app", "--uds", "/" + new string('x', 103))), StringComparison.Ordinal);

    [Fact]
    public void Bind_Repeated_ListensAtEach()
        => Assert.Equal(
            [new BindAddress.Tcp("127.0.0.1", 1), new BindAddress.Unix("/x")], Parsing.Run("main:app", "-b", "127.0.0.1:1", "--bind=unix:/x").Server.Addresses.Binds);

    [Theory]
    [InlineData("uwsgi://127.0.0.1:3031", "127.0.0.1:3031", false, true)]
    [InlineData("uwsgi://:3031", "0.0.0.0:3031", false, true)]
    [InlineData("uwsgi://unix:/run/x.sock", "unix:/run/x.sock", false, true)]
    [InlineData("uwsgi://fd://3", "fd://3", false, true)]
    [InlineData("suwsgi://127.0.0.1:3031", "127.0.0.1:3031", true, true)]
    [InlineData("http://127.0.0.1:80", "127.0.0.1:80", false, false)]
    [InlineData("127.0.0.1:80", "127.0.0.1:80", null, null)]
    public void Bind_ForTheUwsgiProtocol_SaysSo(string text, string expected, bool? isTls, bool? isUwsgi)
    {
        BindAddress address = Assert.Single(Parsing.Run("main:app", "--bind", text, "--ssl-self-signed", "--bind", "https://[::1]:1").Server.Addresses.Binds.SkipLast(1));
        Assert.Equal((expected, isTls, isUwsgi), (address.ToString(), address.IsTls, address.IsUwsgi));
    }

    [Fact]
    public void Protocol_AsGunicornHasIt_IsForAddressesThatSayNothing()
    {
        ProxyOptions proxies = Parsing.Run("main:app", "--protocol", "uwsgi", "--uwsgi-allow-from", "10.0.0.0/8,unix").Server.Proxies;
        Assert.Equal((true, "10.0.0.0/8,unix"), (proxies.SpeaksUwsgi, proxies.UwsgiPeers.Text));
        Assert.Equal((false, PeerList.Local), (Parsing.Run("main:app").Server.Proxies.SpeaksUwsgi, Parsing.Run("main:app").Server.Proxies.UwsgiPeers));
    }

    [Theory]
    [InlineData("https://:443", "0.0.0.0:443", true)]
    [InlineData("HTTPS://[::1]:443/", "[::1]:443", true)]
    [InlineData("ssl://127.0.0.1:443", "127.0.0.1:443", true)]
    [InlineData("http://127.0.0.1:80", "127.0.0.1:80", false)]
    [InlineData("http://unix:/run/x.sock", "unix:/run/x.sock", false)]
    [InlineData("tcp://127.0.0.1:80", "127.0.0.1:80", null)]
    [InlineData("127.0.0.1:80", "127.0.0.1:80", null)]
    public void Bind_Scheme_SaysWhetherTlsIsSpokenThere(string text, string expected, bool? isTls)
    {
        BindAddress address = Parsing.Run("main:app", "--ssl-self-signed", "--bind", "https://127.0.0.1:9", "--bind", text).Server.Addresses.Binds[1];

        Assert.Equal((expected, isTls), (address.ToString(), address.IsTls));
    }

    [Fact]
    public void Bind_SameAddressWithAndWithoutTls_IsRefused()
        => Assert.Contains("is given twice", Parsing.Errors("main:app", "-b", "http://127.0.0.1:1", "-b", "https://127.0.0.1:1")[0], StringComparison.Ordinal);

    [Fact]
    public void Bind_GivenTwice_IsRefused()
        => Assert.Equal("--bind (command line): \"127.0.0.1:1\" is given twice.", Assert.Single(Parsing.Errors("main:app", "-b", "1", "--bind", "127.0.0.1:1")));

    [Theory]
    [InlineData("127.0.0.1:8000")]
    [InlineData("0.0.0.0:8000", "--host", "0.0.0.0")]
    [InlineData("127.0.0.1:9000", "--port", "9000")]
    [InlineData("[::1]:9000", "--host", "::1", "--port", "9000")]
    [InlineData("10.0.0.1:9000", "--host", "10.0.0.1:9000")]
    [InlineData("[::1]:9000", "--host", "[::1]:9000")]
    [InlineData("unix:/x", "--uds", "/x")]
    public void HostAndPort_Given_MakeOneAddress(string expected, params string[] args)
        => Assert.Equal(expected, Assert.Single(Parsing.Run(["main:app", .. args]).Server.Addresses.Binds).ToString());

    [Theory]
    [InlineData("0.0.0.0:5000", "PORT=5000")]
    [InlineData("10.0.0.1:5000", "PORT=5000 HYDRA_HOST=10.0.0.1")]
    [InlineData("10.0.0.1:5000", "PORT=5000", "--host", "10.0.0.1")]
    [InlineData("10.0.0.1:6000", "PORT=5000", "--host", "10.0.0.1:6000")]
    [InlineData("127.0.0.1:6000", "PORT=5000", "--port", "6000")]
    [InlineData("127.0.0.1:6000", "PORT=5000 HYDRA_PORT=6000")]
    [InlineData("127.0.0.1:7000", "PORT=wrong HYDRA_HOST=a_b", "--bind", "7000")]
    [InlineData("127.0.0.1:7000", "HYDRA_BIND=:1", "--port", "7000")]
    [InlineData("10.0.0.1:7000", "HYDRA_HOST=10.0.0.1:1", "--port", "7000")]
    [InlineData("unix:/x", "PORT=5000", "--uds", "/x")]
    [InlineData("unix:/x", "PORT=5000 HYDRA_UDS=/x")]
    public void Addresses_FromSeveralSources_TakeTheStrongest(string expected, string environment, params string[] args)
    {
        (string, string)[] variables = [.. environment.Split(' ').Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))];

        Assert.Equal(expected, Assert.Single(Parsing.Run(Parsing.Windowless, variables, ["main:app", .. args]).Server.Addresses.Binds).ToString());
    }

    [Theory]
    [InlineData("--bind and --host", "--bind", ":1", "--host", "::1")]
    [InlineData("-b and --port", "-b", ":1", "--port", "1")]
    [InlineData("--bind and --uds", "--bind", ":1", "--uds", "/x")]
    [InlineData("--uds and --host", "--uds", "/x", "--host", "::1", "--port", "1")]
    [InlineData("--host and --port", "--host", "10.0.0.1:1", "--port", "2")]
    public void Addresses_InTwoStyles_AreRefused(string names, params string[] args)
        => Assert.StartsWith($"{names} contradict each other", Assert.Single(Parsing.Errors(["main:app", .. args])), StringComparison.Ordinal);

    [Theory]
    [InlineData("--port (command line): \"http\" is not a whole number from 0 to 65535.", "--port", "http")]
    [InlineData("--host (command line): \"a/b\" is neither a host name nor an IP address.", "--host", "a/b")]
    public void HostAndPort_Wrong_AreExplained(string expected, params string[] args)
        => Assert.Equal(expected, Assert.Single(Parsing.Errors(["main:app", .. args])));

    [Fact]
    public void Metrics_AtTheAddressOfTheApplication_AreRefused()
    {
        Assert.Equal(
            "--metrics: 127.0.0.1:9000 is the address of the application: give it one of its own.",
            Assert.Single(Parsing.Errors("main:app", "--port", "9000", "--metrics", "127.0.0.1:9000")));
        Assert.NotNull(Parsing.Run("main:app", "--port", "0", "--metrics", "127.0.0.1:0").Server.Addresses.Metrics);
    }

    [Theory]
    [InlineData("127.0.0.1", 80, "http://127.0.0.1:80")]
    [InlineData("::1", 80, "http://[::1]:80")]
    public void Url_OfATcpAddress_IsWhatClientsWrite(string host, int port, string expected)
        => Assert.Equal(expected, new BindAddress.Tcp(host, port).Url);
}
