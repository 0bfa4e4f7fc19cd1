// SPDX-FileCopyrightText: 2026 The Rungs authors
// SPDX-License-Identifier: BSL-1.0
#ifndef RUNGS_FWD_HPP
#define RUNGS_FWD_HPP

#include <cstdint>

/// Every public type by name, without Eigen: enough to name a type in an interface of one's own.
namespace rungs {

// core
enum class Centre : std::uint8_t;
struct Currency;
struct Diagnostic;
class DomainError;
class Draw;
class Error;
struct Estimate;
class Heads;
class InputError;
class Ladder;
class Level;
struct Location;
class LineNumbers;
class Money;
class OrderedObservations;
class Period;
enum class Purpose : std::uint8_t;
class Refusal;
class Seed;
class Share;
class Span;
class Step;
class Stratum;
class StratumSet;
class Stream;
struct StreamKey;
class UnknownName;
struct Varied;
struct Warning;

// data
struct Bridge;
class Counts;
enum class Gap : std::uint8_t;
class Histories;
struct Ledger;
struct Observations;
class Panel;
class Spells;
struct TableCell;
class Tally;
struct TallyOptions;
enum class TimeInStratum : std::uint8_t;
class Triples;
enum class WeightKind : std::uint8_t;

// model
struct CommunicatingClass;
struct DirichletWeights;
class Ensemble;
class GroupShares;
class Headcount;
class Kernel;
struct Known;
class MoveGraph;
struct MultinomialRows;
struct NormalLogits;
struct Reachability;
struct Replicates;
class TransitionMatrix;
struct unchecked_t;

// estimate
struct AskedReach;
struct Association;
struct AssociationMeasure;
struct AssociationOptions;
struct AssumptionOptions;
struct AssumptionTest;
struct AttainableAssociation;
enum class AveragedOver : std::uint8_t;
struct CellIntervals;
struct ChapmanKolmogorovTest;
struct CommonRow;
struct Consequence;
struct CorrelationCheck;
struct CovariateMoves;
struct CovariateSetting;
class Covariates;
enum class Diagonal : std::uint8_t;
struct DirichletRows;
struct DurationTest;
class FittedLogit;
class HiddenGroups;
enum class Identification : std::uint8_t;
struct Interval;
enum class IntervalMethod : std::uint8_t;
struct LeavingRate;
struct LogitCoefficients;
enum class LogitForm : std::uint8_t;
struct LogitTest;
enum class LogitVariance : std::uint8_t;
struct MarginTest;
struct MarginalEffect;
struct MeanDifference;
enum class Missing : std::uint8_t;
struct Mixture;
struct MixtureChoice;
struct MixtureOptions;
struct MobilityDraws;
struct MobilityPart;
class MobilityTables;
struct MoverStayer;
struct MoverStayerOptions;
struct NullDraws;
struct NullDrawsResult;
enum class OverLayers : std::uint8_t;
struct Overdispersion;
struct PanelChecks;
struct PartialPooling;
enum class PastsOf : std::uint8_t;
struct PooledPeriods;
struct Proportions;
struct RankSum;
struct RateCoefficient;
struct RateData;
enum class RateErrors : std::uint8_t;
struct RateFit;
struct RateRatio;
struct ReachDifference;
struct ReachFound;
struct ReplicateWeights;
struct RowMeasure;
class SecondOrder;
struct SecondOrderOptions;
struct SecondOrderSurvey;
class ShareSeries;
enum class ShareSource : std::uint8_t;
enum class ShareWeighting : std::uint8_t;
class SharesFit;
struct SharesOptions;
struct Significance;
struct StudiedCoverage;
struct StudiedDesign;
struct SurveyDesign;
struct SurveyDuration;
struct SurveyEstimate;
struct SurveyShare;
struct SurveyTest;
struct TableFit;
enum class TableForm : std::uint8_t;
struct TableModel;
struct TableParameter;
struct TestPart;
struct TransitionLogit;
struct TwoByTwo;
enum class Unleft : std::uint8_t;
enum class UnseenPast : std::uint8_t;

// intervene
enum class Combine : std::uint8_t;
struct Complement;
class Effect;
struct EffectBounds;
enum class GivenUp : std::uint8_t;
struct Loan;
struct MoveEffect;
class MoveEffects;
struct Policy;
class Profile;
class Programme;
enum class Rationing : std::uint8_t;
enum class Scale : std::uint8_t;
struct SeatsAt;
struct SeatsOfTrack;
struct Standing;
struct Track;
class UncertainAmount;
class UncertainShare;

// project
enum class Count : std::uint8_t;
struct Course;
struct Inflow;
struct Objective;
class Population;
struct Posts;
class Projection;
class ProjectionGradient;
struct Question;
struct Sensitivity;
class Tracks;
class WholePeople;

// measure
class Amount;
class DiscountRate;
struct DrawOptions;
enum class Embeddable : std::uint8_t;
struct Embedding;
struct EverReached;
enum class GeneratorRepair : std::uint8_t;
struct MobilityIndex;
enum class Perspective : std::uint8_t;
struct reach_probability;
struct ReachSensitivity;
struct share_reaching;
struct standing_probability;
struct StationaryLaw;
enum class StratumWeights : std::uint8_t;
struct StreamValue;
struct time_to_reach;
class Valuation;
class ValueStream;
enum class WithinPeriod : std::uint8_t;

// decide
struct Alternative;
struct Arrival;
class Bounds;
class Column;
struct ComparedPolicy;
class Comparison;
struct Decision;
enum class Dominance : std::uint8_t;
struct EasedMove;
struct Economics;
struct EvaluateOptions;
struct Evaluation;
struct FlowAt;
struct FrontierPoint;
struct GainResult;
struct HeadcountAt;
struct KnownBefore;
class LinearProgramme;
class Node;
struct OneMore;
struct OneWay;
struct PolicyResult;
struct PostsResult;
struct ProgrammeResult;
class Row;
class SeatPlan;
enum class Sense : std::uint8_t;
struct Term;
struct TornadoBar;
struct TornadoInput;
struct ValueResult;
enum class Values : std::uint8_t;

// optimise
struct AllocatedSeats;
struct Allocation;
struct AllocationRequest;
struct ClassSize;
class Infeasible;
struct LeastCost;
struct LimitValue;
struct LinearSolution;
struct MinimumShare;
struct MostPeople;
struct SeatLimit;
struct SolveOptions;

}  // namespace rungs

#endif
