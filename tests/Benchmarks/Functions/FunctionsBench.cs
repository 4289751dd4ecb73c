using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.Functions;
using Cdp.Functions.Contracts;

namespace Cdp.Benchmarks.Functions;

/// <summary>A function of a dozen statements, in process and in a worker, against reading and writing the JSON of the same events.</summary>
internal static class FunctionsBench
{
    private const string Code = """
        export function transformEvent(event, metadata) {
          const properties = event.properties;
          const total = properties.products.map(product => product.price * product.quantity).reduce((sum, value) => sum + value, 0);
          const names = new Set(properties.products.map(product => product.name.toUpperCase()));
          const digits = /\d+/.exec(event.messageId);
          event.properties = { ...properties, total, names: [...names], digits: digits?.[0] };
          delete event.properties.note;
          event.context.seen = true;
          if (total > 1000) event.event = 'Large ' + event.event;
          return event;
        }
        """;

    /// <summary>Runs all rounds and prints the table.</summary>
    /// <returns>Whether every event got its outcome.</returns>
    public static async Task<bool> RunAsync(FunctionsBenchOptions options)
    {
        var events = Enumerable.Range(0, options.Events).Select(number => new EventInput(Event(number, options.Bytes))).ToList();
        var definition = new FunctionDefinition("bench", Code);
        await using var trusted = await UserFunction.LoadAsync(definition, new FunctionHost { Trusted = true }, CancellationToken.None);
        await using var worker = await UserFunction.LoadAsync(definition, new FunctionHost(), CancellationToken.None);
        (string Name, Func<Task<int>> Run)[] kinds =
        [
            ("JSON read and written", () => Task.FromResult(events.Count(one => Rewritten(one.Json) > 0))),
            ("function in process", () => KeptAsync(trusted, events, options.Batch)),
            ("function in a worker", () => KeptAsync(worker, events, options.Batch)),
        ];
        var rates = kinds.Select(_ => new List<double>()).ToArray();
        var complete = true;
        // The first round only warms up: its code is not yet compiled.
        for (var round = 0; round <= options.Rounds; round++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                var before = CpuSeconds();
                complete &= await kinds[kind].Run() == events.Count;
                if (round > 0) rates[kind].Add(events.Count / (CpuSeconds() - before));
            }
        }
        var medians = rates.Select(values => values.Order().ElementAt(values.Count / 2)).ToArray();
        Console.WriteLine($"{options.Events} events of {events[0].Json.Length} characters, in batches of {options.Batch}; load {ProcessUsage.LoadAverage}\n");
        Table.Print(
            ["", "events per CPU-second", "of JSON"],
            [.. kinds.Select((kind, index) => new[]
            {
                kind.Name,
                medians[index].ToString("N0", CultureInfo.InvariantCulture),
                (medians[index] / medians[0]).ToString("P1", CultureInfo.InvariantCulture),
            })]);
        if (!complete) Console.WriteLine("FAIL: some events were not kept");
        return complete;
    }

    private static async Task<int> KeptAsync(UserFunction function, List<EventInput> events, int batch)
    {
        var kept = 0;
        foreach (var chunk in events.Chunk(batch))
        {
            kept += (await function.RunAsync(chunk, CancellationToken.None)).Count(outcome => outcome is FunctionOutcome.Kept);
        }
        return kept;
    }

    private static int Rewritten(string json)
    {
        using var document = JsonDocument.Parse(json);
        var buffer = new ArrayBufferWriter<byte>(json.Length);
        using (var writer = new Utf8JsonWriter(buffer)) document.RootElement.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan).Length;
    }

    // This process and its workers.
    private static double CpuSeconds() =>
        ProcessUsage.Children(Environment.ProcessId).Append(Environment.ProcessId).Sum(ProcessUsage.CpuSeconds);

    private static string Event(int number, int bytes)
    {
        const int WithoutNote = 380;
        return $$$"""
            {"type":"track","event":"Order Completed","messageId":"m-{{{number}}}","userId":"u{{{number % 1000}}}","timestamp":"2024-05-06T07:08:09.123Z",
            "context":{"library":{"name":"bench","version":"1"},"page":{"path":"/checkout"}},"properties":{"order_id":"{{{number}}}","currency":"EUR",
            "products":[{"name":"Shirt","price":12.99,"quantity":2},{"name":"Hat","price":{{{number % 500}}}.5,"quantity":3}],
            "note":"{{{new string('x', Math.Max(0, bytes - WithoutNote))}}}"}}
            """;
    }
}
