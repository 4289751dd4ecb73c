using cdp;
using Cdp.Profiles.History;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.History;

public sealed class PastStateTests
{
    private static readonly Identifier User = Some.Id("user_id", "u");

    [Fact]
    public void Add_AllEventsUntilNow_EqualsTheProfileToday()
    {
        IdentifiedEvent[] events = [Some.Event("p", "identify", 1, "m1", """{"plan":"a"}""", null, User), Some.Event("p", "track", 2, "m2", null, "A", User)];
        var today = Some.Profile("p", events);
        var past = new PastState(today, Some.Noon.AddSeconds(2), Some.Folding);
        for (var i = 0; i < events.Length; i++) past.Add(events[i], Some.Identified(0, i));
        past.Add(Some.Event("p", "track", 1, "m3", null, "A", Some.Id("user_id", "another")), Some.Identified(0, 9));

        Assert.Equal(Some.Text(today), Some.Text(past.Profile));
    }

    [Fact]
    public void Add_CallsOfAccount_EqualsTheAccountAtThatTime()
    {
        var call = Some.Group("p", "acme", 1, "m1", """{"seats":5}""", User);
        var today = Folding.Empty(Some.Ids.Implied(Accounts.Identifier("acme")));
        Some.Folding.FoldAccount(today, new AccountEvent { accountId = today.profileId, @event = call, origin = Some.Identified(0, 0) });
        var past = new PastState(today, Some.Noon.AddSeconds(1), Some.Folding);
        past.Add(call, Some.Identified(0, 0));
        past.Add(Some.Group("p", "zeta", 1, "m2", "{}", User), Some.Identified(0, 1));
        past.Add(Some.Group("p", "acme", 2, "m3", "{}", User), Some.Identified(0, 2));

        Assert.Equal(Some.Text(today), Some.Text(past.Profile));
    }
}
