using Hydra.Configuration;
using Hydra.Hosting;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class RedisStoresTests
{
    [Fact]
    public void Prefix_OfApplications_IsTheSameWhereverTheyAre_AndTellsThemApart()
    {
        ApplicationOptions lone = Of("shop:app", "/srv/1");
        Assert.Equal("hydra:shop:app:", RedisStores.PrefixOf(lone, [lone]));
        Assert.Equal("hydra:shop:app:", RedisStores.PrefixOf(lone with { AppDir = "/srv/2" }, [lone with { AppDir = "/srv/2" }]));

        ApplicationOptions[] all = [Of("app:app", "/a"), Of("app:app", "/b"), Of("app:app", "/a"), Of("other:app", "/a")];
        string[] prefixes = [.. all.Select(one => RedisStores.PrefixOf(one, all))];
        Assert.Equal(prefixes[0], prefixes[2]);
        Assert.Equal("hydra:other:app:", prefixes[3]);
    }

    private static ApplicationOptions Of(string app, string directory)
    {
        Assert.Null(RedisUrl.Read("redis://cache", out RedisUrl? url));
        return new ApplicationOptions { App = app, AppDir = directory, State = new SharedStateOptions { Redis = url } };
    }
}
