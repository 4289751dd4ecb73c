using System.Net;
using cdp;
using Cdp.Profiles.Answering;
using Cdp.Profiles.History;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.History;

public sealed class AsOfTests(Stack stack) : IClassFixture<Stack>
{
    private static readonly Identifier User = Some.Id("user_id", "u");

    [Theory]
    [InlineData("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z")]
    [InlineData("2026-01-01T14:00:00.25+02:00", "2026-01-01T12:00:00.25Z")]
    public void Read_TimeWithZone_InUtc(string text, string expected) => Assert.Equal((expected, null), (AsOf.Text(AsOf.Read(text, Some.Noon.AddDays(1)).Time!.Value), AsOf.Read(text, Some.Noon.AddDays(1)).Fault));

    [Theory]
    [InlineData("2026-01-01T12:00:00", "zone")]
    [InlineData("yesterday", "zone")]
    [InlineData("", "zone")]
    [InlineData("2026-01-03T12:00:00Z", "still to come")]
    public void Read_AnythingElse_Fault(string text, string expected) => Assert.Contains(expected, AsOf.Read(text, Some.Noon.AddDays(1)).Fault, StringComparison.Ordinal);

    [Fact]
    public void PastState_AllEventsUntilNow_TheProfileItself()
    {
        IdentifiedEvent[] events = [Some.Event("p", "identify", 1, "m1", """{"plan":"a"}""", null, User), Some.Event("p", "track", 2, "m2", null, "A", User)];
        var today = Some.Profile("p", events);
        var past = new PastState(today, Some.Noon.AddSeconds(2), Some.Ids);
        for (var i = 0; i < events.Length; i++) past.Add(events[i], Some.Identified(0, i));
        past.Add(Some.Event("p", "track", 1, "m3", null, "A", Some.Id("user_id", "another")), Some.Identified(0, 9));

        Assert.Equal(Some.Text(today), Some.Text(past.Profile));
    }

    [Fact]
    public void PastState_Account_ItsGroupCallsUntilThen()
    {
        var call = Some.Group("p", "acme", 1, "m1", """{"seats":5}""", User);
        var today = Folding.Empty(Some.Ids.Implied(Accounts.Identifier("acme")));
        Folding.FoldAccount(today, new AccountEvent { accountId = today.profileId, @event = call, origin = Some.Identified(0, 0) });
        var past = new PastState(today, Some.Noon.AddSeconds(1), Some.Ids);
        past.Add(call, Some.Identified(0, 0));
        past.Add(Some.Group("p", "zeta", 1, "m2", "{}", User), Some.Identified(0, 1));
        past.Add(Some.Group("p", "acme", 2, "m3", "{}", User), Some.Identified(0, 2));

        Assert.Equal(Some.Text(today), Some.Text(past.Profile));
    }

    [Fact]
    public async Task Api_AsOf_ProfileOfTheEventsUntilThen()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        var id = installation.Ids.Implied(User);
        await installation.SendAsync(
            Some.Event("l", "identify", 1, "m1", """{"plan":"old"}""", null, User), Some.Merged("l", id), Some.Event(id, "track", 2, "m2", null, "A", User),
            Some.Event(id, "identify", 9, "m3", """{"plan":"new"}""", null, User), Some.Event(id, "track", 1, "m4", null, "A", User));
        await installation.UntilCountedAsync("user_id/u", "A", 2);
        await installation.UntilCountedAsync("user_id/u", "$identify", 2);

        var (status, past, _) = await installation.GetAsync("user_id/u?as_of=2026-01-01T12:00:02Z");
        Assert.Equal((HttpStatusCode.OK, """{"plan":"old"}""", 2), (status, past.GetProperty("traits").GetRawText(), past.GetProperty("counts").GetProperty("A").GetProperty("count").GetInt32()));
        Assert.Equal(HttpStatusCode.NotFound, (await installation.GetAsync("user_id/u?as_of=2026-01-01T11:00:00Z")).Status);
        Assert.Equal("""{"plan":"new"}""", (await installation.GetAsync("user_id/u?as_of=2026-01-01T12:00:09Z")).Body.GetProperty("traits").GetRawText());
        Assert.Equal(HttpStatusCode.BadRequest, (await installation.GetAsync("user_id/u?as_of=2999-01-01T00:00:00Z")).Status);

        await installation.ForgetAsync();
        await installation.SendAsync(Some.Event(id, "track", 20, "m5", null, "A", User));
        await installation.UntilCountedAsync("user_id/u", "A", 3);
        var (short_, error, _) = await installation.GetAsync("user_id/u?as_of=2026-01-01T12:00:02Z");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "history_too_short"), (short_, error.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains("was written from 20", error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
