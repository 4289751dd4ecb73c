using System.Diagnostics;
using Cdp.Chaos.Faults;
using Cdp.Chaos.Ledger;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Processes;
using Cdp.Chaos.Sending;
using Cdp.Chaos.Settings;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Chaos;

/// <summary>One run: start, send while faults are injected, wait until nothing changes any more, read everything, compare.</summary>
public static class Run
{
    // More slots of the duplicate window than any run lasts.
    private const int MaxBoundaries = 60;

    /// <returns>Whether the run passed.</returns>
    public static async Task<bool> ExecuteAsync(ChaosOptions options, CancellationToken stopping)
    {
        var clock = Stopwatch.StartNew();
        var (rules, window) = (Rules.Tested, Rules.Tested.DuplicateWindow);
        var plan = FaultPlan.Create(options.Seed, options.Kills, FaultScope.For(options), lag: 2 * window + TimeSpan.FromSeconds(15));
        var population = new Population(options.Seed, options.Events, Canaries.CountFor(plan.Count), MaxBoundaries * WindowBoundaries.PortionSize);
        var kinds = string.Join(", ", plan.CountBy(fault => fault.Name).Select(kind => $"{kind.Value} {kind.Key}"));
        Console.WriteLine($"seed {options.Seed}: {options.Events:N0} events of {population.People:N0} people, {population.Repeated:N0} of them sent again");
        Console.WriteLine($"{plan.Count} faults: {kinds}");

        await using var webhook = await WebhookReceiver.StartAsync(population, options.Seed);
        await using var installation = await Installation.StartAsync(options, DestinationIds.All.Select(id => (id, YamlOf(id, webhook))));
        Console.WriteLine($"{installation.Processes.Count} processes ready after {clock.Elapsed.TotalSeconds:0} s");
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{installation.RedisEndpoint},abortConnect=false");
        using var registry = installation.Kafka.Registry();
        var codec = new AvroCodec(registry, installation.Kafka.TopicPrefix);
        using var sender = new Sender(population, installation.Ingestions, options.Rate);
        using var unmerges = new Unmerges(installation, sender, options.Seed);
        var operators = new OperatorActions(unmerges, new Rebuilds(installation), new Garbage(installation, options.Seed));
        var canaries = new Canaries(population, sender, installation, redis, codec);
        var faults = new FaultInjector(installation, sender, canaries, operators, new Outages(installation, webhook), options.Seed);
        var boundaries = new WindowBoundaries(sender, [.. population.Spares.Chunk(WindowBoundaries.PortionSize)], window, Switches.InvertsRepeats);

        var started = clock.Elapsed;
        var lanes = Enumerable.Range(0, Population.Lanes)
            .Select<int, Func<CancellationToken, Task>>(lane => token => sender.SendLaneAsync(lane, options.Seed, token));
        await RunAllAsync(stopping, [.. lanes, token => faults.RunAsync(plan, token)], boundaries.RunAsync);
        Console.WriteLine($"{sender.Answers.Count:N0} events answered in {(clock.Elapsed - started).TotalSeconds:0} s; {sender.Retries:N0} requests retried");

        await unmerges.FinishAsync(stopping);
        if (plan.Count > 0) Console.WriteLine($"answers to unmerge requests: {unmerges.Answers}");
        var log = new CommittedLog(installation.Kafka, codec);
        var unprocessed = await Quiescence.WaitAsync(log, webhook, stopping);
        Console.WriteLine($"quiescent after {clock.Elapsed.TotalSeconds:0} s; {webhook.Requests:N0} requests to destinations");
        webhook.AcceptAll();
        var redrives = await Redrives.RequestAsync(installation.Kafka, log, codec, stopping);
        if (plan.Count > 0) await faults.KillAsync("fanout", stopping);
        unprocessed = [.. unprocessed, .. await Quiescence.WaitAsync(log, webhook, stopping)];
        Console.WriteLine($"{redrives.Count:N0} dead deliveries sent again after {clock.Elapsed.TotalSeconds:0} s");
        if (plan.Count > 0) await operators.Rebuilds.FinishAsync(stopping);
        var observed = await new ObservationReader(installation, population, log, redis, codec, webhook).ReadAsync();
        var decisions = string.Join(", ", observed.Decisions.CountBy(decision => decision.Kind).Select(kind => $"{kind.Value:N0} {kind.Key}"));
        Console.WriteLine(
            $"read {observed.Identified.Count:N0} identified events, {observed.Transfers.Count:N0} transfers, {observed.Profiles.Count:N0} profiles");
        Console.WriteLine($"read {observed.Decisions.Count:N0} decisions: {decisions}");

        var actions = new RunActions(
            sender.Answers, operators.Garbage.Written, redrives, [.. faults.FailedShutdowns, .. unmerges.Failures, .. operators.Rebuilds.Failures]);
        var findings = Compare(observed, actions, onlyDeliveries: false);
        foreach (var lag in unprocessed) findings.Add(Mismatch.Lost, lag);
        var census = Census.Take(
            population, actions.Answers, observed, window, plan,
            [.. FlakyAnswersOf(webhook, plan.Count > 0), .. plan.Count == 0 ? [] : FaultOutcomes(installation, operators, observed)]);
        Report.Print(findings, faults.Recoveries, census, installation.Exits);
        // A ledger that cannot fail would prove nothing. A run with findings has already shown that it can fail.
        var corruptions = findings.IsClean && options.ChecksItself ? Corruptions.All(population, plan.Count > 0).Count : 0;
        if (findings.IsClean && !options.ChecksItself)
        {
            Console.WriteLine($"self-check skipped above {ChaosOptions.MaxSelfChecked:N0} events; --self-check runs it");
        }
        var undetected = corruptions > 0 ? Corruptions.Undetected(population, plan.Count > 0, observed, actions, Compare).ToList() : [];
        foreach (var name in undetected) Console.WriteLine($"corruption not detected: {name}");
        string[] absent = [.. census.Where(kind => kind.Count == 0).Select(kind => kind.Kind)];
        foreach (var kind in absent) Console.WriteLine($"did not occur: {kind}");
        var unanswered = population.Order.SelectMany(lane => lane).Count(e => population.Events[e].Refusal is null && !actions.Answers.ContainsKey(e));
        if (unanswered > 0) Console.WriteLine($"events without an answer: {unanswered:N0}");
        if (corruptions > 0) Console.WriteLine($"{corruptions - undetected.Count} of {corruptions} corruptions detected");
        var isPassed = findings.IsClean && undetected.Count == 0 && absent.Length == 0 && unanswered == 0;
        Console.WriteLine($"seed {options.Seed}, {clock.Elapsed.TotalSeconds:0} s: {(isPassed ? "PASS" : "FAIL")}");
        return isPassed;

        Findings Compare(Observed observed, RunActions actions, bool onlyDeliveries) =>
            Comparison.Run(population, actions, observed, rules, installation.ProfileIds, onlyDeliveries);
    }

    private static string YamlOf(string destination, WebhookReceiver webhook) => $"url: {webhook.UrlOf(destination)}\n" + destination switch
    {
        DestinationIds.Unordered => "order: none\n",
        DestinationIds.Flaky => $"timeout: {WebhookReceiver.Timeout.TotalSeconds}s\n",
        _ => "",
    };

    private static IEnumerable<(string Kind, int Count)> FlakyAnswersOf(WebhookReceiver webhook, bool hasOutages) =>
        Enum.GetValues<FlakyAnswer>()
            .Where(answer => answer != FlakyAnswer.Unavailable || hasOutages)
            .Select(answer => ($"answer of the flaky destination: {EnumText.Words(answer)}", webhook.CountOf(answer)));

    private static IReadOnlyList<(string Kind, int Count)> FaultOutcomes(Installation installation, OperatorActions operators, Observed observed) =>
    [
        ("outcome: splits requested by an operator", observed.Decisions.Count(decision => decision.Kind == "split")),
        .. Switches.RegistryErrors.Select(error => ($"fault: registry answered {error}", installation.Registry.CountOf(error))),
        ("fault: unreadable records", operators.Garbage.Written.Count),
        ("outcome: dead letters without the value, which is too large", observed.DeadLetters.Count(letter => letter.Omitted.Length > 0)),
        ("outcome: rebuilds that compared all profiles", operators.Rebuilds.Completed),
    ];

    /// <summary>Runs all work to its end, and <paramref name="beside"/> along with it. The first failure cancels the rest.</summary>
    private static async Task RunAllAsync(
        CancellationToken stopping, IReadOnlyList<Func<CancellationToken, Task>> work, Func<Task, CancellationToken, Task> beside)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var all = Task.WhenAll(work.Select(GuardedAsync).ToList());
        await Task.WhenAll(all, GuardedAsync(token => beside(all, token)));

        async Task GuardedAsync(Func<CancellationToken, Task> run)
        {
            try
            {
                await run(either.Token);
            }
            catch (Exception e)
            {
                if (e is not OperationCanceledException) Console.WriteLine($"aborted: {e.Message}");
                await either.CancelAsync();
                throw;
            }
        }
    }
}
