using System.Net;
using cdp;
using Cdp.Profiles.Api;

namespace Cdp.Profiles.Tests.Api;

[Trait("tier", "integration")]
public sealed class AsOfTests(Stack stack) : IClassFixture<Stack>
{
    private static readonly Identifier User = Some.Id("user_id", "u");
    private static readonly DateTime Now = Some.Noon.AddDays(1);

    [Theory]
    [InlineData("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z")]
    [InlineData("2026-01-01T14:00:00.25+02:00", "2026-01-01T12:00:00.25Z")]
    public void Read_TimeWithZone_ReturnsUtc(string text, string expected)
    {
        var (time, error) = AsOf.Read(text, Now);
        Assert.Equal((expected, null), (AsOf.Text(time!.Value), error));
    }

    [Theory]
    [InlineData("2026-01-01T12:00:00", "zone")]
    [InlineData("yesterday", "zone")]
    [InlineData("", "zone")]
    [InlineData("2026-01-03T12:00:00Z", "in the future")]
    public void Read_InvalidTime_ReturnsError(string text, string expected) =>
        Assert.Contains(expected, AsOf.Read(text, Now).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Api_AsOf_ReturnsProfileOfTheEventsUntilThen()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        var id = installation.Ids.Implied(User);
        await installation.SendAsync(
            Some.Event("l", "identify", 1, "m1", """{"plan":"old"}""", null, User),
            Some.Merged("l", id),
            Some.Event(id, "track", 2, "m2", null, "A", User),
            Some.Event(id, "identify", 9, "m3", """{"plan":"new"}""", null, User),
            Some.Event(id, "track", 1, "m4", null, "A", User));
        await installation.UntilCountedAsync("user_id/u", "A", 2);
        await installation.UntilCountedAsync("user_id/u", "$identify", 2);

        var (status, past, _) = await installation.GetAsync("user_id/u?as_of=2026-01-01T12:00:02Z");
        Assert.Equal((HttpStatusCode.OK, """{"plan":"old"}""", 2), (status, past.Raw("traits"), past.Int("counts", "A", "count")));
        Assert.Equal(HttpStatusCode.NotFound, (await installation.GetAsync("user_id/u?as_of=2026-01-01T11:00:00Z")).Status);
        Assert.Equal("""{"plan":"new"}""", (await installation.GetAsync("user_id/u?as_of=2026-01-01T12:00:09Z")).Body.Raw("traits"));
        Assert.Equal(HttpStatusCode.BadRequest, (await installation.GetAsync("user_id/u?as_of=2999-01-01T00:00:00Z")).Status);

        await installation.DeleteEventsAsync();
        await installation.SendAsync(Some.Event(id, "track", 20, "m5", null, "A", User));
        await installation.UntilCountedAsync("user_id/u", "A", 3);
        var (afterDeletion, body, _) = await installation.GetAsync("user_id/u?as_of=2026-01-01T12:00:02Z");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "history_too_short"), (afterDeletion, body.Text("error", "code")));
        Assert.Contains("was written at 20", body.Text("error", "message"), StringComparison.Ordinal);
    }
}
