using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class DashboardOptionsTests
{
    [Fact]
    public void Dashboard_Options_AreRead()
    {
        ServerOptions server = Parsing.Run(
            "a:b", "--dashboard", "[::1]:9100", "--dashboard-token", "0123456789abcdef", "--dashboard-host", "one.example, two.example", "--dashboard-host", "*.three.example").Server;

        Assert.Equal(new BindAddress.Tcp("::1", 9100), server.Addresses.Dashboard);
        Assert.Equal("0123456789abcdef", server.Dashboard.Token);
        Assert.Equal(["one.example", "two.example", "three.example"], server.Dashboard.Hosts.Select(static host => host.Name));
        Assert.Contains(server.Addresses.Dashboard, server.Addresses.All);
        Assert.DoesNotContain(server.Addresses.Dashboard, server.Addresses.Served);
        Assert.Equal("@/run/token", Parsing.Run("a:b", "--dashboard-token", "@/run/token").Server.Dashboard.Token);
        Assert.Equal("0123456789abcdef", Parsing.Run(Parsing.Windowless, [("HYDRA_DASHBOARD_TOKEN", "0123456789abcdef")], "a:b").Server.Dashboard.Token);
        Assert.Null(Parsing.Run("a:b").Server.Addresses.Dashboard);
    }

    [Theory]
    [InlineData("--dashboard", "a:b:c", "is not an address")]
    [InlineData("--dashboard-token", "short", "fewer than 16")]
    [InlineData("--dashboard-token", "0123456789 abcdef", "has blanks")]
    [InlineData("--dashboard-token", "@", "path of a file")]
    [InlineData("--dashboard-host", "*", "any name")]
    [InlineData("--dashboard-host", ",", "names no host")]
    [InlineData("--dashboard-host", "a b/c", "is no host")]
    public void Dashboard_Mistakes_AreNamed(string option, string value, string error)
    {
        string message = Parsing.Errors("a:b", option, value)[0];

        Assert.Contains(error, message, StringComparison.Ordinal);
        Assert.True(option != "--dashboard-token" || value.Length < 2 || !message.Contains(value, StringComparison.Ordinal), message);
    }

    [Fact]
    public void Dashboard_AddressOfAnother_IsRefused()
    {
        Assert.Contains("--dashboard: 127.0.0.1:8000 is the address of the application", Assert.Single(Parsing.Errors("a:b", "--dashboard", "127.0.0.1:8000")), StringComparison.Ordinal);
        Assert.Contains("--dashboard: 127.0.0.1:9000 is the address", Assert.Single(Parsing.Errors("a:b", "--metrics", "9000", "--dashboard", "9000")), StringComparison.Ordinal);
    }
}
