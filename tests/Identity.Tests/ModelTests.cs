using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>What must hold however resolvers, linker and Redis interleave, fail and are replaced.</summary>
public sealed class ModelTests
{
    // Few names, so that they meet: six devices, four users, two addresses, each often absent.
    private static readonly Gen<ValidatedEvent[]> Events = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 7], Gen.Int[0, 5]).Where(names => names.Item1 < 6 || names.Item2 < 4).Array[1, 40]
        .Select(all => all.Select((names, i) => A.Validated(A.Event(
            i.ToString("000", null),
            userId: names.Item2 < 4 ? $"u{names.Item2}" : null,
            anonymousId: names.Item1 < 6 ? $"d{names.Item1}" : null,
            context: names.Item3 < 2 ? $$"""{"traits":{"email":"{{names.Item3}}@x.org"} }""" : null))).ToArray());

    private static readonly Gen<(ValidatedEvent[] Events, int[] Schedule)> Runs = Gen.Select(Events, Gen.Int[0, 20 * 24 - 1].Array[0, 300]);

    [Fact]
    public void AnySchedule_Profiles_AreTheConnectedComponents() => Runs.Sample(run =>
    {
        var model = Play(run);
        var components = Components(run.Events);
        foreach (var (a, b) in from a in components.Keys from b in components.Keys select (a, b))
        {
            Assert.True((components[a] == components[b]) == (RootOf(model, a) == RootOf(model, b)), $"{A.Name(a)} and {A.Name(b)}: component {components[a]} and {components[b]}, root {RootOf(model, a)} and {RootOf(model, b)}");
        }
    }, iter: 3_000, print: Print);

    [Fact]
    public void AnySchedule_EachEvent_IsEmittedOnceAndLeadsToItsRoot() => Runs.Sample(run =>
    {
        var model = Play(run);
        Assert.Equal(run.Events.Select(validated => validated.envelope.messageId), model.Identified.OfType<IdentifiedEvent>().Select(e => e.validated.envelope.messageId).Order());
        var aliases = model.Identified.OfType<ProfileMerged>().ToDictionary(merged => merged.loserId, merged => merged.winnerId);
        foreach (var identified in model.Identified.OfType<IdentifiedEvent>())
        {
            var profile = identified.profileId;
            while (aliases.TryGetValue(profile, out var winner)) profile = winner;
            Assert.All(identified.identifiers, identifier => Assert.Equal(RootOf(model, identifier), profile));
        }
    }, iter: 3_000, print: Print);

    [Fact]
    public void AnySchedule_EventsOfADevice_KeepTheirOrder() => Runs.Sample(run =>
    {
        foreach (var device in Play(run).Identified.OfType<IdentifiedEvent>().Select(identified => identified.validated.envelope).GroupBy(Model.KeyOf, envelope => envelope.messageId))
        {
            Assert.Equal(device.Order(), device);
        }
    }, iter: 3_000, print: Print);

    [Fact]
    public void Replay_OfTheDecisionsInAnyPortions_RebuildsRedis() => Gen.Select(Runs, Gen.Int[1, 5]).Sample((run, portion) =>
    {
        var model = Play(run);
        Assert.Equal(Enumerable.Range(1, model.Decisions.Count).Select(i => (long)i), model.Decisions.Select(decision => decision.sequence));
        var rebuilt = new ModelRedis();
        foreach (var decisions in model.Decisions.Chunk(portion))
        {
            foreach (var write in rebuilt.WritesOf(HotWrites.Of(decisions))) write();
        }
        Assert.Equal(Describe(model.Redis), Describe(rebuilt));
    }, iter: 1_000);

    private static Model Play((ValidatedEvent[] Events, int[] Schedule) run)
    {
        var model = new Model(run.Events);
        foreach (var choice in run.Schedule) model.Step(choice);
        model.Drain();
        return model;
    }

    private static string RootOf(Model model, Identifier identifier) => model.Redis.Roots.TryGetValue(identifier, out var root) ? root.Root : A.ProfileIds.Implied(identifier);

    /// <summary>By brute force: names spread until nothing changes.</summary>
    private static Dictionary<Identifier, int> Components(ValidatedEvent[] events)
    {
        var component = new Dictionary<Identifier, int>(IdentifierComparer.Instance);
        foreach (var identifier in events.SelectMany(validated => DefaultTypes.Configuration.Of(validated.envelope).Identifiers)) component.TryAdd(identifier, component.Count);
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var identifiers in events.Select(validated => DefaultTypes.Configuration.Of(validated.envelope).Identifiers))
            {
                var least = identifiers.Min(identifier => component[identifier]);
                foreach (var identifier in identifiers)
                {
                    changed |= component[identifier] != least;
                    component[identifier] = least;
                }
            }
        }
        return component;
    }

    // Of the nodes only those that are a root: a late write of a replaced linker may leave one that nothing leads to.
    private static IEnumerable<string> Describe(ModelRedis redis)
    {
        var current = redis.Roots.Values.Select(root => root.Root).ToHashSet();
        return redis.Roots.Select(root => $"{A.Name(root.Key)} -> {root.Value}")
            .Concat(redis.Nodes.Where(node => current.Contains(node.Key)).Select(node => $"{node.Key}: {node.Value.First} {node.Value.Last} {string.Join(' ', node.Value.Identifiers.Select(A.Name).Order())}")).Order();
    }

    private static string Print((ValidatedEvent[] Events, int[] Schedule) run) =>
        $"{string.Join(", ", run.Events.Select(e => string.Join('+', DefaultTypes.Configuration.Of(e.envelope).Identifiers.Select(A.Name))))}; schedule {string.Join(' ', run.Schedule)}";
}
