using System.Diagnostics;
using Cdp.Chaos.Faults;
using Cdp.Chaos.Ledger;
using Cdp.Chaos.Machines;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Sending;
using Cdp.Streaming;
using StackExchange.Redis;

namespace Cdp.Chaos;

/// <summary>One run: start, send while things break, wait for quiet, read, compare.</summary>
public static class Run
{
    /// <summary>Answers whether all is as it has to be.</summary>
    public static async Task<bool> GoAsync(ChaosOptions options, CancellationToken stopping)
    {
        var clock = Stopwatch.StartNew();
        string[] infra = options.Cluster is null ? ["broker", .. File.Exists("/usr/bin/redis-server") || File.Exists("/usr/local/bin/redis-server") ? new[] { "redis" } : []] : [];
        var plan = Plan.Of(options.Seed, options.Kills, infra);
        var population = new Population(options.Seed, options.Events, Canaries.For(plan.Count));
        var entries = population.Order.Sum(lane => lane.Count);
        Console.WriteLine($"seed {options.Seed}: {options.Events:N0} events of {population.People:N0} people, {population.Repeated:N0} sent twice; {options.Kills} kills, {plan.Count(planned => planned.Deed == Deed.Stop)} stops, {plan.Count(planned => planned.Deed is Deed.Add)} instances added and removed");

        await using var hook = await Webhook.StartAsync();
        await using var installation = await Installation.StartAsync(options, hook.Url);
        Console.WriteLine($"{installation.Machines.Count} processes are ready after {clock.Elapsed.TotalSeconds:0} s");
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{installation.RedisEndpoint},abortConnect=false");
        using var registry = installation.Kafka.Registry();
        var codec = new AvroCodec(registry, installation.Kafka.TopicPrefix);
        using var sender = new Sender(population, installation.Ingestions, options.Rate);
        var mischief = new Mischief(installation, sender, new Canaries(population, sender, installation, redis, codec), entries, options.Seed);

        var started = clock.Elapsed;
        await AllAsync(stopping, [.. Enumerable.Range(0, Population.Lanes).Select<int, Func<CancellationToken, Task>>(lane => token => sender.SendLaneAsync(lane, options.Seed, token)), token => mischief.CarryOutAsync(plan, token)]);
        var acknowledged = sender.Acknowledged;
        Console.WriteLine($"{acknowledged.Count:N0} events acknowledged in {(clock.Elapsed - started).TotalSeconds:0} s, {sender.Again:N0} requests sent again");

        var log = new Log(installation.Kafka, codec);
        var left = await Quiet.AwaitAsync(log, hook, stopping);
        Console.WriteLine($"quiet after {clock.Elapsed.TotalSeconds:0} s; {hook.Count:N0} deliveries came");
        var observed = await new Reading(installation, log, redis, codec, hook).ReadAsync();
        Console.WriteLine($"read {observed.Identified.Count:N0} identified events, {observed.Decisions.Count:N0} decisions ({Kinds(observed)}), {observed.Handed.Count:N0} transfers, {observed.Profiles.Count:N0} profiles");

        var findings = Compare(observed);
        foreach (var group in left) findings.Add(Fault.Lost, group);
        foreach (var end in mischief.BadEnds) findings.Add(Fault.WrongStates, end);
        // A ledger that cannot fail would show nothing; where it found something already, it has shown that it can.
        var missed = findings.IsClean ? Spoils.Missed(population, observed, Compare).ToList() : [];
        Report.Print(findings, mischief.Recoveries, installation.Exits);
        foreach (var name in missed) Console.WriteLine($"the ledger did not notice, when it was tried: {name}");
        var isGood = findings.IsClean && missed.Count == 0 && acknowledged.Count == population.Events.Count;
        Console.WriteLine($"{(isGood ? "all is as it has to be" : "NOT as it has to be")}: seed {options.Seed}, {clock.Elapsed.TotalSeconds:0} s{(findings.IsClean ? $"; {Spoils.All(population).Count - missed.Count} of {Spoils.All(population).Count} spoiled outcomes were found" : "")}");
        return isGood;

        Findings Compare(Observed observed) => Comparison.Of(population, acknowledged, observed, Rules.Tested, installation.ProfileIds);
    }

    private static string Kinds(Observed observed) => string.Join(", ", observed.Decisions.GroupBy(decision => decision.Kind).Select(kind => $"{kind.Count():N0} {kind.Key}"));

    /// <summary>The first that fails ends the others.</summary>
    private static async Task AllAsync(CancellationToken stopping, IReadOnlyList<Func<CancellationToken, Task>> works)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAll(works.Select(async work =>
        {
            try
            {
                await work(either.Token);
            }
            catch (Exception e)
            {
                if (e is not OperationCanceledException) Console.WriteLine($"given up: {e.Message}");
                await either.CancelAsync();
                throw;
            }
        }));
    }
}
