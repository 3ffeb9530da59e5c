using Hydra.Configuration;
using Hydra.Hosting;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class SessionRulesTests
{
    [Fact]
    public void Of_WithoutOptions_IsWhatThereIsWithout() => Assert.Equal(new SessionBounds(), SessionRules.Of(new WebSocketSection()));

    [Fact]
    public void Of_Options_AreAllCarriedOver()
    {
        var section = new WebSocketSection { MaxSize = 1, PingInterval = TimeSpan.FromSeconds(2), PingTimeout = TimeSpan.FromSeconds(3), Deflates = false };

        Assert.Equal(
            new SessionBounds { MaxMessage = 1, PingInterval = TimeSpan.FromSeconds(2), PingTimeout = TimeSpan.FromSeconds(3), Deflates = false },
            SessionRules.Of(section));
    }
}
