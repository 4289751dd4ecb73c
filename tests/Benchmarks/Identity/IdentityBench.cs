using Avro.Specific;
using cdp;
using Cdp.Benchmarks.Measuring;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Benchmarks.Identity;

/// <summary>
/// The two loops of identity, each against a bare transactional copy of the same records. Each request of the linker links a new visitor to a new user, so that
/// each leads to a decision. The resolver gets events of those customers, whose two identifiers it must look up.
/// </summary>
internal sealed class IdentityBench(IdentityBenchOptions options) : IAsyncDisposable
{
    private const int DecisionsPerSecond = 20_000;

    private readonly Installation _installation = new();
    private ServiceProcess _identity = null!;

    /// <returns>Whether every count is correct.</returns>
    public static async Task<bool> RunAsync(IdentityBenchOptions options)
    {
        await using var bench = new IdentityBench(options);
        return await bench.RunAsync();
    }

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    private async Task<bool> RunAsync()
    {
        Console.WriteLine($"{options.Rounds} rounds of {options.Events:N0} events of {options.Bytes} bytes");
        Console.WriteLine($"{Environment.ProcessorCount} cores, load average before {ProcessUsage.LoadAverage}\n");
        await _installation.Infra.StartAsync();
        _identity = _installation.Service("Identity");
        // The service creates its topics.
        await _identity.StartAsync();

        var linker = await MeasureAsync("linker, every request a decision", "identity-linker", Topics.IdentityRequests, Request);
        var resolver = await MeasureAsync("resolver, two known identifiers", "identity-resolver", Topics.EventsValidated, Event);
        await _identity.DisposeAsync();

        Table.Print(ConsumingRounds.Head, [linker.Row(), resolver.Row()]);
        Table.Print(["", "measured", "budget"],
        [
            ["decisions/s", $"{linker.PerSecond:N0}", ConsumingRounds.Verdict($"≥ {DecisionsPerSecond:N0}", linker.PerSecond >= DecisionsPerSecond)],
            ["identity's peak memory, MiB", $"{_identity.PeakMiB:N0}", ConsumingRounds.Verdict("≤ 200", _identity.PeakMiB <= 200)],
        ]);
        return await CountAsync();
    }

    private async Task<ConsumingRounds> MeasureAsync(string name, string group, Topic input, Func<int, (string? Key, ISpecificRecord Record)> record)
    {
        var bare = new BareClient(_installation.Kafka, group);
        await bare.CreateTopicsAsync(input.SinglePartition ? 1 : null);
        using var fill = new TopicFill(_installation.Kafka);
        var drain = new Drain(_installation, _identity, group, input);
        var rounds = new List<(double, Drained)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            _identity.Kill();
            fill.Fill(input, Enumerable.Range(round * options.Events, options.Events).Select(record));
            rounds.Add((bare.Copy(_installation.Kafka.TopicPrefix + input.Name, options.Events), await drain.MeasureAsync(options.Events)));
        }
        return new ConsumingRounds(name, rounds);
    }

    private (string?, ISpecificRecord) Request(int i) => (null, new LinkRequest
    {
        validated = BenchEvents.Validated($"link-{i}", $"u{i}", $"a{i}", options.Bytes),
        identifiers = [BenchEvents.User($"u{i}"), BenchEvents.Visitor($"a{i}")],
        origin = new RecordPosition { topic = _installation.Kafka.TopicPrefix + Topics.EventsValidated.Name, partition = 0, offset = i },
    });

    private (string?, ISpecificRecord) Event(int i) => ($"a{i}", BenchEvents.Validated($"event-{i}", $"u{i}", $"a{i}", options.Bytes));

    /// <summary>Checks that there is one decision per request, and that each event was identified once.</summary>
    private async Task<bool> CountAsync()
    {
        using var registry = _installation.Kafka.Registry();
        var codec = new AvroCodec(registry, _installation.Kafka.TopicPrefix);
        var (decisions, identified, expected) = (0L, new HashSet<string>(), (long)options.Rounds * options.Events);
        await ReadAsync(Topics.IdentityDecisions, change => decisions++);
        await ReadAsync(Topics.EventsIdentified, change =>
        {
            if (change.Value is not IdentifiedEvent e || identified.Add(e.validated.envelope.messageId)) return;
            throw new InvalidDataException($"{e.validated.envelope.messageId} was identified twice");
        });
        (string What, long Count, long Expected)[] counts =
        [
            ("decisions", decisions, expected), ("events identified, distinct", identified.Count, 2 * expected),
        ];
        Table.Print(["ledger", "count", "expected"], [.. counts.Select(count => new[] { count.What, $"{count.Count:N0}", $"{count.Expected:N0}" })]);
        return counts.All(count => count.Count == count.Expected);

        async Task ReadAsync(Topic topic, Action<Change> each)
        {
            for (var partition = 0; partition < (topic.SinglePartition ? 1 : _installation.Kafka.Partitions); partition++)
            {
                await Changelog.ReadAsync(_installation.Kafka, codec, topic, partition, 0, changes =>
                {
                    foreach (var change in changes) each(change);
                    return Task.CompletedTask;
                }, CancellationToken.None);
            }
        }
    }
}
