using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class RequestRanksTests
{
    private static readonly PriorityRule[] Rules =
    [
        new(MountPlace.At("", "/a"), RequestPriority.Low),
        new(MountPlace.At("", "/a/b"), RequestPriority.High),
        new(MountPlace.At("admin.example", ""), RequestPriority.High),
        new(MountPlace.At("", "/twice"), RequestPriority.High),
        new(MountPlace.At("", "/twice"), RequestPriority.Low),
    ];

    [Theory]
    [InlineData("h", "/", "Normal")]
    [InlineData("h", "/a", "Low")]
    [InlineData("h", "/a/x", "Low")]
    [InlineData("h", "/ab", "Normal")]
    [InlineData("h", "/a/b/c", "High")]
    [InlineData("h", "/%61/%62", "High")]
    [InlineData("h", "/shop/a/b", "High")]
    [InlineData("admin.example", "/a", "High")]
    [InlineData("h", "/twice", "Low")]
    public void Read_Request_HasTheRankOfTheMostParticularPlace(string host, string target, string expected)
    {
        RequestRank rank = new RequestRanks(Rules, null, "/shop").Read(ExchangeSetup.Accept(new FakeRequest("GET", target, [("Host", host)])));

        Assert.Equal(new RequestRank(Enum.Parse<RequestPriority>(expected), 0), rank);
    }

    [Fact]
    public void Read_Clients_AreToldApart()
    {
        var ranks = new RequestRanks([], new AffinityKeys(new AffinitySource(AffinityKind.Header, "X-Key")), "");

        Assert.Equal(KeyHash.ForMemory("a"u8), ranks.Read(ExchangeSetup.Accept(new FakeRequest("GET", "/", [("Host", "h"), ("X-Key", "a")]))).Client);
        Assert.Equal(0u, ranks.Read(ExchangeSetup.Accept(new FakeRequest("GET", "/", [("Host", "h")]))).Client);
    }
}
