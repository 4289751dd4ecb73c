using Cdp.Hosting.HotState;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Hosting.Tests.HotState;

/// <summary>A value that no service wrote counts as an outage, which names the key, its content and the remedy.</summary>
[Trait("tier", "integration")]
public sealed class RedisReadsTests
{
    [Theory]
    [InlineData("abc", "'abc'")]
    [InlineData("1.5", "'1.5'")]
    [InlineData("", "''")]
    [InlineData("Zo\u00eb", "4 bytes")]
    [InlineData("line\nline", "9 bytes")]
    public void ParseNumber_SomethingElse_NamesKeyValueAndRemedy(string value, string shown)
    {
        var e = Assert.Throws<UnreadableValueException>(() => RedisReads.ParseNumber("k", value, "delete it"));

        Assert.Equal($"the key k in Redis holds {shown} instead of a whole number, which no service wrote there; delete it", e.Message);
        Assert.True(Redis.IsOutage(e));
    }

    [Fact]
    public void ParseNumber_NumberOrNothing_IsRead()
    {
        Assert.Equal(-7, RedisReads.ParseNumber("k", "-7", ""));
        Assert.Null(RedisReads.ParseNumber("k", RedisValue.Null, ""));
        Assert.Contains("65 bytes", RedisReads.Unreadable("k", new string('x', 65), "a number", "").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunCheckedAsync_KeyOfAnotherType_NamesTheOneThatIsWrong()
    {
        await using var server = await RedisServer.StartAsync();
        await using var connection = await server.ConnectAsync();
        var redis = connection.GetDatabase();
        await redis.StringSetAsync("text", "1");
        await redis.HashSetAsync("hash", "f", "1");

        Assert.Equal("1", await redis.ReadStringAsync("text", ""));
        Assert.True((await redis.ReadStringAsync("none", "")).IsNull);
        Assert.Single(await redis.ReadHashAsync("hash", ""));
        var command = await Assert.ThrowsAsync<UnreadableValueException>(() => redis.ReadStringAsync("hash", "delete it"));
        Assert.Equal("the key hash in Redis holds a value of type Hash instead of String, which no service wrote there; delete it", command.Message);
        var script = await Assert.ThrowsAsync<UnreadableValueException>(() => redis.RunCheckedAsync(
            database => database.ScriptEvaluateAsync("return redis.call('GET', KEYS[1]) .. redis.call('GET', KEYS[2])", ["text", "hash"]),
            "delete it",
            [("text", RedisType.String), ("hash", RedisType.String)]));
        Assert.Equal(command.Message, script.Message);
        await Assert.ThrowsAsync<RedisServerException>(() =>
            redis.RunCheckedAsync(database => database.ScriptEvaluateAsync("return redis.call('NONE')", []), "", []));
    }
}
