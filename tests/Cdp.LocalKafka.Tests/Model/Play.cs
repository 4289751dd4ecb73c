using System.Globalization;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>Performs a story on the broker and on the model side by side, and tells it as it goes.</summary>
internal sealed class Play : IDisposable
{
    private const int Partitions = 2;
    private readonly FakeTime _time = new();
    private readonly ModelBroker _model = new(Partitions);
    private readonly ModelProducer[] _cast = Cast.Producers(Partitions);
    private readonly InProcessBroker _broker;
    private readonly Views _views;
    private readonly List<string> _told = [];

    private Play(int seed)
    {
        // Logs of many segments (a batch has to fit into one), logs of some batches each, and logs whose one segment needs its index.
        var segmentBytes = (seed % 3) switch { 0 => 1_100, 1 => 3_000, _ => 1 << 20 };
        _broker = new InProcessBroker(
            _time, Partitions, ("segment.bytes", segmentBytes.ToString(CultureInfo.InvariantCulture)), ("index.interval.bytes", "200"));
        _views = new Views(_broker.Answer, _model, Partitions);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Null when broker and model agree to the end, else the story up to where they part.</summary>
    public static string? Perform(IReadOnlyList<Step> story, int seed)
    {
        using var play = new Play(seed);
        try
        {
            foreach (var step in story) play.Perform(step);
            play.Crash(new Random(seed));
            play._views.CheckAll();
            return null;
        }
        catch (Exception e)
        {
            var first = e is Xunit.Sdk.XunitException ? e.Message : e.ToString();
            return string.Join('\n', play._told.Append("  !! " + first));
        }
    }

    public void Dispose() => _broker.Dispose();

    private void Perform(Step step)
    {
        var random = new Random(step.Salt);
        var producer = _cast[step.Who];
        if (step.Act == Act.Crash) Crash(random);
        else if (step.Act == Act.Wait) Wait(random.Next(2) == 0 ? 700 : 9_000);
        else if (step.Act == Act.Retry) Retry(producer, step, random);
        else foreach (var ask in producer.Asks(step.Act, random).ToList()) Put(producer, new Sent(ask, Frames.Write(ask, Now)), step.Fate, random);
        _views.Check(random);
    }

    private void Retry(ModelProducer producer, Step step, Random random)
    {
        if (producer.Sent.Count == 0) return;
        var back = step.Salt == 0 ? 1 : Math.Min(producer.Sent.Count, 1 + random.Next(8));
        Put(producer, producer.Sent[^back], step.Fate, random);
    }

    private void Put(ModelProducer producer, Sent sent, Fate fate, Random random)
    {
        Advance(1);
        if (producer.Sent.Contains(sent)) producer.Sent.Remove(sent);
        producer.Sent.Add(sent);
        if (fate == Fate.Torn)
        {
            _broker.Files.Remember();
            var cut = Frames.Read(sent.Ask, _broker.Answer(sent.Frame));
            _broker.Kill();
            var survivors = _broker.Files.Tear(random);
            _told.Add($"{producer.Name}: {sent.Ask} v{sent.Ask.Version} -> the broker dies over it ({cut}; of the decision {survivors.Decision}, "
                + $"p0 {survivors.Partition(0)}, p1 {survivors.Partition(1)}, offsets {survivors.Offsets})");
            _model.AnswerTorn(sent.Ask, cut, survivors, Now);
            Restart();
            return;
        }

        var answer = Frames.Read(sent.Ask, _broker.Answer(sent.Frame));
        var expected = _model.Answer(sent.Ask, answer, Now);
        _told.Add($"{producer.Name}: {sent.Ask} v{sent.Ask.Version} -> {answer}{(fate == Fate.Lost ? " (lost)" : "")}");
        if (!answer.Equals(expected)) Assert.Fail($"the model says: {expected}");
        if (fate == Fate.Answered) producer.Learn(sent.Ask, answer);
    }

    private void Wait(int milliseconds)
    {
        _told.Add($"{milliseconds} ms pass");
        Advance(milliseconds);
    }

    private void Crash(Random random)
    {
        var how = random.Next(4);
        if (how == 0) _broker.Stop();
        else _broker.Kill();
        if (how > 1) _broker.Files.Litter(random);
        var down = random.Next(3) == 0 ? 6_000 : 0;
        _told.Add(how switch { 0 => "the broker is stopped", 1 => "the broker is killed", _ => "the broker is killed, half-written batches behind its logs" }
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
