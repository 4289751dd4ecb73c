using System.Globalization;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>Runs a scenario on the broker and on the model side by side and describes each step as it goes.</summary>
internal sealed class ScenarioRunner : IDisposable
{
    private const int Partitions = 2;
    private readonly FakeTime _time = new();
    private readonly ModelBroker _model = new(Partitions);
    private readonly ModelProducer[] _producers = ModelProducers.Create(Partitions);
    private readonly InProcessBroker _broker;
    private readonly ReaderChecks _readers;
    private readonly List<string> _trace = [];

    private ScenarioRunner(int seed)
    {
        // Logs of many segments (a batch must fit into one), logs of a few batches per segment, and logs with a single segment, large enough to need its index.
        var segmentBytes = (seed % 3) switch { 0 => 1_100, 1 => 3_000, _ => 1 << 20 };
        _broker = new InProcessBroker(
            _time, Partitions, ("segment.bytes", segmentBytes.ToString(CultureInfo.InvariantCulture)), ("index.interval.bytes", "200"));
        _readers = new ReaderChecks(_broker.Answer, _model, Partitions);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Null if broker and model agree to the end; otherwise the scenario up to the step where they differ.</summary>
    public static string? Perform(IReadOnlyList<Step> scenario, int seed)
    {
        using var runner = new ScenarioRunner(seed);
        try
        {
            foreach (var step in scenario) runner.Perform(step);
            runner.Crash(new Random(seed));
            runner._readers.CheckAll();
            return null;
        }
        catch (Exception e)
        {
            var first = e is Xunit.Sdk.XunitException ? e.Message : e.ToString();
            return string.Join('\n', runner._trace.Append("  !! " + first));
        }
    }

    public void Dispose() => _broker.Dispose();

    private void Perform(Step step)
    {
        var random = new Random(step.Salt);
        var producer = _producers[step.Producer];
        if (step.Kind == StepKind.Crash) Crash(random);
        else if (step.Kind == StepKind.Wait) Wait(random.Next(2) == 0 ? 700 : 9_000);
        else if (step.Kind == StepKind.Retry) Retry(producer, step, random);
        else
        {
            foreach (var call in producer.CallsFor(step.Kind, random).ToList())
                Send(producer, new Sent(call, Frames.Write(call, Now)), step.Delivery, random);
        }
        _readers.Check(random);
    }

    private void Retry(ModelProducer producer, Step step, Random random)
    {
        if (producer.Sent.Count == 0) return;
        var back = step.Salt == 0 ? 1 : Math.Min(producer.Sent.Count, 1 + random.Next(8));
        Send(producer, producer.Sent[^back], step.Delivery, random);
    }

    private void Send(ModelProducer producer, Sent sent, Delivery delivery, Random random)
    {
        Advance(1);
        if (producer.Sent.Contains(sent)) producer.Sent.Remove(sent);
        producer.Sent.Add(sent);
        if (delivery == Delivery.Torn)
        {
            _broker.Files.Remember();
            var cut = Frames.Read(sent.Call, _broker.Answer(sent.Frame));
            _broker.Kill();
            var survivors = _broker.Files.Tear(random);
            _trace.Add($"{producer.Name}: {sent.Call} v{sent.Call.Version} -> the broker dies during the request ({cut}; of the decision {survivors.Decision}, "
                + $"p0 {survivors.Partition(0)}, p1 {survivors.Partition(1)}, offsets {survivors.Offsets})");
            _model.AnswerTorn(sent.Call, cut, survivors, Now);
            Restart();
            return;
        }

        var answer = Frames.Read(sent.Call, _broker.Answer(sent.Frame));
        var expected = _model.Answer(sent.Call, answer, Now);
        _trace.Add($"{producer.Name}: {sent.Call} v{sent.Call.Version} -> {answer}{(delivery == Delivery.Lost ? " (lost)" : "")}");
        if (!answer.Equals(expected)) Assert.Fail($"the model says: {expected}");
        if (delivery == Delivery.Delivered) producer.Apply(sent.Call, answer);
    }

    private void Wait(int milliseconds)
    {
        _trace.Add($"{milliseconds} ms pass");
        Advance(milliseconds);
    }

    private void Crash(Random random)
    {
        var how = random.Next(4);
        if (how == 0) _broker.Stop();
        else _broker.Kill();
        if (how > 1) _broker.Files.AppendGarbage(random);
        var down = random.Next(3) == 0 ? 6_000 : 0;
        _trace.Add(how switch { 0 => "the broker is stopped", 1 => "the broker is killed", _ => "the broker is killed and leaves half-written batches" }
            + (down > 0 ? $", and starts {down} ms later" : ", and starts"));
        _time.Advance(TimeSpan.FromMilliseconds(down));
        Restart();
        Advance(1);
    }

    private void Restart()
    {
        _model.Crashed();
        _broker.Open();
    }

    private void Advance(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _model.Advance(Now);
    }
}
