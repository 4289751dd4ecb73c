using System.Buffers;
using System.Text.Json;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Filters;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;
using static Cdp.Benchmarks.Measuring.ConsumingRounds;

namespace Cdp.Benchmarks.Mapping;

/// <summary>
/// What an event costs on its way to a destination before it is sent: conditions, a filter, a mapping of 40 fields and their types. In CPU time of one thread,
/// against reading and writing the same event as JSON.
/// </summary>
internal sealed class MappingBench(MappingBenchOptions options)
{
    private const int Distinct = 1_000;
    private const double MappingBudget = 20;
    private const double ConditionsPerSecond = 2_000_000;

    private readonly byte[][] _bytes = [.. Enumerable.Range(0, Distinct).Select(MappingSamples.Event)];
    private readonly ArrayBufferWriter<byte> _output = new(1 << 16);

    private sealed record Stage(string Name, Func<int, bool> Work, int Expected)
    {
        public List<(double Microseconds, double Bytes)> Rounds { get; } = [];

        public double Microseconds => Rounds.Select(round => round.Microseconds).Order().ElementAt(Rounds.Count / 2);
    }

    /// <returns>Whether every count is correct.</returns>
    public bool Run()
    {
        Console.WriteLine($"{options.Rounds} rounds of {options.Events:N0} events of {_bytes[0].Length:N0} bytes");
        Console.WriteLine($"{Environment.ProcessorCount} cores, load average before {ProcessUsage.LoadAverage}\n");
        var stages = Stages();
        var correct = true;
        // The first round only warms up.
        for (var round = 0; round <= options.Rounds; round++)
        {
            foreach (var stage in stages)
            {
                var (count, microseconds, bytes) = Measure(stage.Work);
                correct &= count == stage.Expected;
                if (round > 0) stage.Rounds.Add((microseconds, bytes));
                if (count != stage.Expected) Console.WriteLine($"{stage.Name}: {count:N0} results, expected {stage.Expected:N0}");
            }
        }
        var (baseline, mapping, condition) = (stages[0], stages[1], stages[^1]);
        Table.Print(
            ["", "CPU µs/event", "of reading and writing", "bytes allocated"],
            [.. stages.Select(stage => new[]
            {
                stage.Name, $"{stage.Microseconds:0.00}", $"{stage.Microseconds / baseline.Microseconds:0.00}", $"{stage.Rounds[^1].Bytes:N0}",
            })]);
        var conditions = 1e6 / condition.Microseconds;
        Table.Print(["", "measured", "budget"],
        [
            ["mapping of 40 fields, CPU µs/event", $"{mapping.Microseconds:0.0}", Verdict($"≤ {MappingBudget}", mapping.Microseconds <= MappingBudget)],
            ["conditions per CPU second", $"{conditions:N0}", Verdict($"≥ {ConditionsPerSecond:N0}", conditions >= ConditionsPerSecond)],
        ]);
        return correct;
    }

    private List<Stage> Stages()
    {
        List<string> errors = [];
        var filter = EventFilter.Parse(JsonElement.Parse(MappingSamples.Filter), errors);
        var schema = FieldSchema.Parse(JsonElement.Parse(MappingSamples.Fields), errors);
        if (filter is null || schema is null) throw new InvalidDataException(string.Join('\n', errors));
        var mapping = EventMapping.Parse(JsonElement.Parse(MappingSamples.Mapping));
        var condition = FqlExpression.Parse(MappingSamples.Condition);
        JsonElement[] events = [.. _bytes.Select(bytes => JsonElement.Parse(bytes))];
        Datum[] mapped = [.. events.Select(mapping.Map)];
        return
        [
            new("reading and writing the event", i =>
            {
                using var document = JsonDocument.Parse(_bytes[i]);
                return Write(json => document.RootElement.WriteTo(json)) > _bytes[i].Length / 2;
            }, options.Events),
            new("mapping 40 fields", i => mapping.Map(events[i]).Member("device_id").Text.Length > 1, options.Events),
            new("preparing the fields", i => schema.Prepare(mapped[i]) is FieldResult.Prepared, options.Events),
            new("writing the payload", i => Write(mapped[i].WriteTo) > 1_000, options.Events),
            new("a filter of 4 steps", i => filter.Apply(events[i]) is FilterResult.Passed, options.Events),
            new("an FQL condition", i => condition.Matches(events[i]), options.Events / 2),
        ];
    }

    private int Write(Action<Utf8JsonWriter> write)
    {
        _output.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_output, new JsonWriterOptions { SkipValidation = true })) write(json);
        return _output.WrittenCount;
    }

    private (int Count, double Microseconds, double Bytes) Measure(Func<int, bool> work)
    {
        var count = 0;
        var (bytes, before) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
        for (var i = 0; i < options.Events; i++)
        {
            if (work(i % Distinct)) count++;
        }
        var (used, allocated) = (Environment.CpuUsage.TotalTime - before, GC.GetAllocatedBytesForCurrentThread() - bytes);
        return (count, used.TotalMicroseconds / options.Events, (double)allocated / options.Events);
    }
}
