using System.Text;
using Hydra.Redis;
using Xunit;

namespace Hydra.Tests.Redis;

public sealed class RedisWordsTests
{
    [Theory]
    [InlineData("ERR unknown", "Unavailable")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "Full")]
    [InlineData("ERR Error running script: @user_script:3: OOM command not allowed when", "Full")]
    [InlineData("WRONGTYPE Operation against a key", "WrongKind")]
    [InlineData("READONLY You can't write against a read only replica.", "Unavailable")]
    [InlineData("LOADING Redis is loading", "Unavailable")]
    public void Answer_Error_IsWhatItMeans(string text, string status)
        => Assert.Equal(status, RedisAnswer.Of(new RespValue(RespKind.Error, 0, Encoding.UTF8.GetBytes(text))).Status.ToString());

    [Fact]
    public void Keys_NamesOfEveryKind_ComeBack()
    {
        var keys = new RedisKeys("hydra:app:app:");
        byte[] name = [0, 255, (byte)'*'];
        Assert.True(keys.TryName(keys.Of('l', name), 'l', out byte[] found));
        Assert.Equal(name, found);
        Assert.False(keys.TryName(keys.Of('v', name), 'l', out _));
        Assert.False(new RedisKeys("hydra:app:").TryName(keys.Of('l', name), 'l', out _));
    }

    [Fact]
    public void Pattern_Signs_StandForThemselves()
        => Assert.Equal(@"a\[b\]:v:c\*\?\\d*", Encoding.UTF8.GetString(new RedisKeys("a[b]:").Pattern('v', @"c*?\d"u8)));

    [Fact]
    public void Members_OfSeveralFronts_AreOne()
    {
        static RespValue Bytes(string text) => new(RespKind.Bytes, 0, Encoding.UTF8.GetBytes(text));
        byte[] list = RedisMembers.List(new RespValue(RespKind.Array, Items: [Bytes("alice"), Bytes("2|{}"), Bytes("alice"), Bytes("1|"), Bytes("x"), Bytes("broken"), Bytes("odd")]));

        Assert.Equal([5, 0, 2, 0, 0, 0, 3, 0, 0, 0, .. "alice{}"u8], list);
    }

    [Theory]
    [InlineData("redis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\n", null)]
    [InlineData("", null)]
    [InlineData("redis_mode:cluster\r\n", "Cluster")]
    [InlineData("redis_mode:sentinel\r\n", "Sentinel")]
    [InlineData("role:slave\r\n", "replica")]
    [InlineData("redis_version:4.0.1\r\n", "5 or newer")]
    [InlineData("loading:1\r\n", "loading")]
    public void Info_OfAServer_SaysWhetherItCanBeUsed(string text, string? problem)
    {
        RedisException? found = RedisInfo.Of(text).Problem;
        Assert.Equal(problem is null, found is null);
        Assert.Contains(problem ?? "", found?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Info_Eviction_IsSaidWhereItHappens()
    {
        Assert.Null(RedisInfo.Of("maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n").Evicts);
        Assert.Null(RedisInfo.Of("maxmemory:5\r\nmaxmemory_policy:noeviction\r\n").Evicts);
        Assert.Equal("allkeys-lru", RedisInfo.Of("maxmemory:5\r\nmaxmemory_policy:allkeys-lru\r\n").Evicts);
    }
}
