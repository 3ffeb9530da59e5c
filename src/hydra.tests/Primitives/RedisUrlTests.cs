using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class RedisUrlTests
{
    [Theory]
    [InlineData("redis://cache", "redis://cache:6379/0")]
    [InlineData("REDIS://cache/", "redis://cache:6379/0")]
    [InlineData("valkey://cache:7000/3", "redis://cache:7000/3")]
    [InlineData("rediss://u:p@cache:1/2", "rediss://cache:1/2")]
    [InlineData("redis://:p%40ss%2F@[::1]:7000,other:2,10.0.0.1", "redis://[::1]:7000,other:2,10.0.0.1:6379/0")]
    [InlineData("unix:///run/redis/redis.sock?db=4", "unix:///run/redis/redis.sock")]
    [InlineData("unix://u:p@/run/redis.sock", "unix:///run/redis.sock")]
    public void Read_Url_IsShownWithoutWhoAsks(string text, string shown)
    {
        Assert.Null(RedisUrl.Read(text, out RedisUrl? url));
        Assert.Equal(shown, url!.ToString());
    }

    [Fact]
    public void Read_Parts_AreWhatTheySay()
    {
        Assert.Null(RedisUrl.Read("rediss://app:p%40s%3As@cache/7?prefix=shop%3A&timeout=2.5&ca=/etc/ca.pem", out RedisUrl? url));

        Assert.Equal(
            ("app", "p@s:s", 7, "shop:", 2.5, "/etc/ca.pem", true), (url!.User, url.Password, url.Database, url.Prefix, url.Timeout.TotalSeconds, url.Authorities, url.IsSecure));
    }

    [Fact]
    public void Read_Nothing_IsUsual()
    {
        Assert.Null(RedisUrl.Read("redis://:secret@cache", out RedisUrl? url));
        Assert.Equal((null, "secret", 0, "hydra:", 5.0), (url!.User, url.Password, url.Database, url.Prefix, url.Timeout.TotalSeconds));
    }

    [Theory]
    [InlineData("sEcret")]
    [InlineData("http://sEcret")]
    [InlineData("redis://")]
    [InlineData("redis://a b")]
    [InlineData("redis://u:sEcret/x@cache")]
    [InlineData("redis://u:sEcret@cache:0")]
    [InlineData("redis://u:sEcret@cache:99999")]
    [InlineData("redis://u:sEcret@a,,b")]
    [InlineData("redis://u:sEcret@[::1")]
    [InlineData("redis://u:sEcret@cache/x")]
    [InlineData("redis://u:sEcret@cache/-1")]
    [InlineData("redis://u:sEcret@cache?timeout=0")]
    [InlineData("redis://u:sEcret@cache?timeout=x")]
    [InlineData("redis://u:sEcret@cache?prefix=")]
    [InlineData("redis://u:sEcret@cache?what=sEcret")]
    [InlineData("redis://u:sEcret@cache?ca=x")]
    [InlineData("redis://u:sEcret@cache#x")]
    [InlineData("unix://relative")]
    [InlineData("unix://")]
    public void Read_WhatIsNone_SaysSoWithoutIt(string text)
    {
        string? problem = RedisUrl.Read(text, out RedisUrl? url);

        Assert.Null(url);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("sEcret", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis://u:pw@cache/0", "redis://u:***@cache/0")]
    [InlineData("redis://:p@w/x@cache/0?prefix=a@b", "redis://:***@cache/0?prefix=a@b")]
    [InlineData("redis://cache", "redis://cache")]
    [InlineData("/a=app:app,state=redis://u:pw@cache,workers=2", "/a=app:app,state=redis://u:***@cache,workers=2")]
    public void Mask_Password_IsNotThere(string text, string masked) => Assert.Equal(masked, RedisUrl.Mask(text));
}
